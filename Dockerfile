# Tromost as a container: one process, not root, one volume. The root file system may be read-only (`docker run --read-only`).

FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
# No install scripts: everything with native code ships prebuilt, and there are no sources to build yet.
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
RUN npm run build && chmod +x dist/main.js && npm prune --omit=dev --ignore-scripts

FROM node:24-slim
LABEL org.opencontainers.image.title="Tromost" \
      org.opencontainers.image.description="An IoT agent for cities: MQTT in, NGSI-LD out, nothing acknowledged is lost." \
      org.opencontainers.image.licenses="EUPL-1.2"
WORKDIR /app
COPY LICENSE package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY config/tromost.yaml config/*.json ./config/
COPY devices ./devices
# An image knows no city: the provisioning file is mounted over this empty one.
RUN echo '{}' > config/provision.yaml \
 && ln -s /app/dist/main.js /usr/local/bin/tromost \
 && mkdir /data && chown node:node /data

# Inside a container these are fixed; outside of it, ports are chosen when they are published.
ENV NODE_ENV=production \
    TROMOST_DATADIR=/data \
    TROMOST_LOG__FORMAT=json \
    TROMOST_MQTT__LISTENERS="[{ kind: tcp, host: 0.0.0.0, port: 1883 }]" \
    TROMOST_HTTP__HOST=0.0.0.0 \
    TROMOST_HTTP__PORT=4041
EXPOSE 1883 4041
VOLUME /data
USER node
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + (process.env.TROMOST_HTTP__PORT || 4041) + '/healthz').then(answer => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["tromost"]
CMD ["start"]
