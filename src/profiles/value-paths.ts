/** The paths of all values of a reading, as a profile would write them. */

/** More than anybody reads; a payload may have thousands. */
const PATHS_MAX = 500

/** `{ "em:0": { "power": 1 }, "PM2.5": 3 }` has `em:0.power` and `PM2\.5`. What is null is not there. */
export function listValuePaths(values: unknown): readonly string[] {
  const paths: string[] = []
  collect(values, '', paths)
  return paths
}

function collect(value: unknown, path: string, paths: string[]): void {
  if (paths.length >= PATHS_MAX || value === null || value === undefined) return
  if (typeof value !== 'object' || Array.isArray(value)) {
    if (path !== '') paths.push(path)
    return
  }
  for (const [name, item] of Object.entries(value)) {
    const escaped = name.replace(/[\\.]/g, '\\$&')
    collect(item, path === '' ? escaped : `${path}.${escaped}`, paths)
  }
}
