/** A memory of what was found out before, with a bound. Full, it begins anew: whoever asks again only finds out again. */
export function remember<K, V>(known: Map<K, V>, key: K, value: V, most: number): V {
  if (known.size >= most) known.clear()
  known.set(key, value)
  return value
}
