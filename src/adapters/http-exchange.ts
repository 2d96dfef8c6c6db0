/** One HTTP request and its whole answer, within a limit. Sent once: whoever asks decides what a failure means. */
import { type IncomingMessage, request as requestHttp } from 'node:http'
import { type RequestOptions, request as requestHttps } from 'node:https'

export interface HttpAnswer {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly text: string
}

const maxAnswerBytes = 16 * 1024 * 1024

/** Throws what the connection failed with, and ends with it when the signal in the options aborts. */
export function exchange(url: URL, options: RequestOptions, body: string | undefined): Promise<HttpAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>()
  const receive = (answer: IncomingMessage) => {
    const chunks: Buffer[] = []
    let bytes = 0
    answer.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > maxAnswerBytes) answer.destroy(new Error(`an answer of more than ${maxAnswerBytes} bytes`))
      else chunks.push(chunk)
    })
    answer.on('error', reject)
    answer.on('end', () => {
      const { statusCode = 0, headers } = answer
      resolve({ status: statusCode, headers, text: Buffer.concat(chunks).toString() })
    })
  }
  const request = url.protocol === 'https:' ? requestHttps(url, options, receive) : requestHttp(url, options, receive)
  request.on('error', reject)
  // By itself Node says so of a body where the method is one that has one, which DELETE is not.
  if (body !== undefined) request.setHeader('content-length', Buffer.byteLength(body))
  request.end(body)
  return promise
}
