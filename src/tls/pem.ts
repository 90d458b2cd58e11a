/** The parts of a PEM file (RFC 7468), and the certificates among them. */
import { X509Certificate } from 'node:crypto'

/** The bytes (DER) of each part with this label, such as `X509 CRL`. */
export function readPem(text: string, label: string): readonly Buffer[] {
  const part = new RegExp(`-----BEGIN ${label}-----([^-]*)-----END ${label}-----`, 'g')
  return [...text.matchAll(part)].map(([, base64 = '']) => Buffer.from(base64, 'base64'))
}

/** Throws where one of them is none, or there are none. */
export function readCertificates(text: string): readonly X509Certificate[] {
  const certificates = readPem(text, 'CERTIFICATE').map(bytes => new X509Certificate(bytes))
  if (certificates.length === 0) throw new Error('no certificate')
  return certificates
}
