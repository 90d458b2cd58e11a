/** A memory of what was found out before, with a bound. */

/** Full, it begins anew: whoever asks again only finds out again. */
export function remember<K, V>(known: Map<K, V>, key: K, value: V, most: number): V {
  if (known.size >= most) known.clear()
  known.set(key, value)
  return value
}

/** For what cannot be found out again: full, it forgets what was remembered longest ago, and nothing else. */
export function rememberLatest<K, V>(known: Map<K, V>, key: K, value: V, most: number): V {
  known.delete(key)
  known.set(key, value)
  for (const oldest of known.keys()) {
    if (known.size <= most) break
    known.delete(oldest)
  }
  return value
}
