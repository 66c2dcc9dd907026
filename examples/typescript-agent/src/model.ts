/** The model, over the Responses API: what the package retries, and what it leaves to its users. */

import { setTimeout as sleep } from "node:timers/promises";
import OpenAI from "openai";
import type { Response, ResponseCreateParamsBase, ResponseInput, Tool } from "openai/resources/responses/responses";

const MODEL = "gpt-5-mini";
const ATTEMPTS = 3;
const FIRST_PAUSE_MS = 100;

/** What came is no answer, or not the whole of it. */
class Useless extends Error {}

export class Model {
  private readonly client: OpenAI;

  constructor(
    private readonly timeoutMs: number,
    private readonly streams: boolean,
  ) {
    // What fails before the head of an answer comes, the package sends again by itself.
    this.client = new OpenAI({ timeout: timeoutMs, maxRetries: 3 });
  }

  /** What the model says next. An answer that breaks off, or is no answer, is asked for again, in one piece. */
  async ask(input: ResponseInput, tools: Tool[], deadline: AbortSignal): Promise<Response> {
    const question = { model: MODEL, input, tools, store: false };
    for (let attempt = 1; ; attempt++) {
      try {
        return attempt === 1 && this.streams ? await this.streamed(question, deadline) : await this.whole(question, deadline);
      } catch (error) {
        const isDecided = error instanceof OpenAI.APIError && error.status !== undefined;
        if (isDecided || deadline.aborted || attempt === ATTEMPTS) {
          throw error;
        }
        console.error(`the model's answer is of no use (${error}); asking again`);
        await sleep(FIRST_PAUSE_MS * 2 ** (attempt - 1), undefined, { signal: deadline });
      }
    }
  }

  private async whole(question: ResponseCreateParamsBase, deadline: AbortSignal): Promise<Response> {
    return checked(await this.client.responses.create({ ...question, stream: false }, { signal: deadline }));
  }

  /** The package's timeout ends with the head of an answer: a stream that falls silent is ours to give up. */
  private async streamed(question: ResponseCreateParamsBase, deadline: AbortSignal): Promise<Response> {
    const stream = await this.client.responses.create({ ...question, stream: true }, { signal: deadline });
    const silence = setTimeout(() => stream.controller.abort(), this.timeoutMs);
    let response: Response | undefined;
    try {
      for await (const event of stream) {
        silence.refresh();
        if (event.type === "response.completed" || event.type === "response.incomplete") {
          response = event.response;
        }
      }
    } finally {
      clearTimeout(silence);
    }
    return checked(response);
  }
}

/** The package casts and does not check, and a stream that was broken off ends for it as any other. */
function checked(response: Response | undefined): Response {
  if (!Array.isArray(response?.output)) {
    throw new Useless("what came is no whole answer");
  }
  return response;
}
