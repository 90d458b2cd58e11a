/** A process of the benchmark that is asked and answers, each question within a time. */
import { fork } from 'node:child_process'

const ANSWER_MS_MAX = 300_000

export class Child {
  #process
  #name
  #asked = 0
  #questions = new Map()

  /** Called with what the child says without being asked: how many readings it has seen. */
  onProgress = () => undefined

  /** @param {URL} script that calls `answer` */
  constructor(script) {
    this.#name = script.pathname.split('/').at(-1)
    this.#process = fork(script, { serialization: 'advanced' })
    this.#process.on('message', message => this.#take(message))
    this.#process.once('exit', code => this.#fail(`ended with code ${code}`))
  }

  get pid() {
    return this.#process.pid
  }

  tell(type, content) {
    this.#process.send({ type, ...content })
  }

  ask(type, content) {
    this.#asked += 1
    const id = this.#asked
    return new Promise((resolve, reject) => {
      const expire = () => this.#fail(`expected an answer to "${type}" within ${ANSWER_MS_MAX} ms, got none`)
      this.#questions.set(id, { resolve, reject, timer: setTimeout(expire, ANSWER_MS_MAX) })
      this.#process.send({ type, id, ...content })
    })
  }

  stop() {
    this.#process.kill('SIGKILL')
  }

  #take({ id, error, count, content }) {
    if (id === undefined) {
      this.onProgress(count)
      return
    }
    const question = this.#questions.get(id)
    this.#questions.delete(id)
    clearTimeout(question?.timer)
    if (error === undefined) question?.resolve(content)
    else question?.reject(new Error(`${this.#name}: ${error}`))
  }

  #fail(reason) {
    for (const { reject, timer } of this.#questions.values()) {
      clearTimeout(timer)
      reject(new Error(`${this.#name}: ${reason}`))
    }
    this.#questions.clear()
  }
}

/** In the child: answers every question by the function of its name. @param {Record<string, Function>} answers */
export function answer(answers) {
  process.on('message', async ({ type, id, ...question }) => {
    try {
      const content = await answers[type](question)
      if (id !== undefined) process.send({ id, content })
    } catch (error) {
      process.send({ id, error: error.message })
    }
  })
  // The benchmark may be killed: its children must not outlive it.
  process.on('disconnect', () => process.exit(1))
}

/** In the child: says how many readings it has seen. */
export function tellProgress(count) {
  process.send({ count })
}
