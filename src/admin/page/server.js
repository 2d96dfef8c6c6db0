/** The page's two ways to the demo: a stream of snapshots, and actions. */

/** Calls back with every snapshot, and with `undefined` when the demo does not answer. The browser connects again by itself. */
export function follow({ kind, id }, onSnapshot) {
  const source = new EventSource(`/snapshots?${new URLSearchParams({ kind, id })}`)
  source.onmessage = event => onSnapshot(JSON.parse(event.data))
  source.onerror = () => {
    onSnapshot(undefined)
    if (source.readyState === EventSource.CLOSED) setTimeout(() => location.reload(), 5000)
  }
  return () => source.close()
}

/** Answers `{result, tookMs}`, or `{code, message}` of what went wrong. */
export async function act(action) {
  try {
    const response = await fetch('/actions', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(action)
    })
    return await response.json()
  } catch {
    return { code: 'NO_ANSWER', message: 'the demo does not answer' }
  }
}
