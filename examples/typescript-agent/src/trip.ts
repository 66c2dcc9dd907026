/** One trip: ask the model, do what it wants done, tell it what came of it, until somebody flies. */

import type {
  Response,
  ResponseFunctionToolCall,
  ResponseInput,
  Tool,
} from "openai/resources/responses/responses";
import type { Airline, Booking, Seats } from "./airline.js";
import type { Model } from "./model.js";

export interface Wish {
  /** Names the trip, whoever asks for it and however often. */
  id: string;
  traveller: string;
  to: string;
}

export interface Answer {
  ended: "completed" | "degraded" | "escalated";
  text: string;
  booking?: string;
}

const TURNS = 12;
/** So often in a row the model may say nothing that helps. */
const PATIENCE = 3;

const TOOLS: Tool[] = [
  tool("search_flights", { to: { type: "string" }, max_price: { type: "number" } }),
  tool("book_flight", { flight: { type: "string" }, traveller: { type: "string" }, seats: { type: "integer" } }),
];

export class Trip {
  private booking: Booking | undefined;

  constructor(
    private readonly wish: Wish,
    private readonly model: Model,
    private readonly airline: Airline,
    private readonly deadline: AbortSignal,
  ) {}

  async plan(): Promise<Answer> {
    try {
      return await this.converse();
    } catch (error) {
      return this.unfinished(String(error));
    }
  }

  private async converse(): Promise<Answer> {
    const said: ResponseInput = [{ role: "user", content: `Book a seat to ${this.wish.to} for ${this.wish.traveller}.` }];
    for (let turn = 0, idle = 0; turn < TURNS && idle < PATIENCE; turn++) {
      const response = await this.model.ask(said, TOOLS, this.deadline);
      const calls = response.output.filter((item) => item.type === "function_call");
      const text = spoken(response);
      if (response.status !== "completed" || (calls.length === 0 && !(text && this.booking))) {
        idle++; // cut short, withheld, declined, or nothing: what stands there must not be taken for an answer
        said.push({ role: "user", content: "That did not help. Please go on with the booking." });
        continue;
      }
      if (calls.length === 0) {
        return this.answer("completed", text);
      }
      idle = 0;
      const results = await Promise.all(calls.map((call) => this.result(call)));
      said.push(...calls, ...results);
    }
    return this.unfinished("the model does not come to an end");
  }

  /** Without the model nobody decides any more; what is booked stays booked, and is told. */
  private unfinished(why: string): Answer {
    return this.answer(this.booking ? "degraded" : "escalated", why);
  }

  private answer(ended: Answer["ended"], text: string): Answer {
    return { ended, text, ...(this.booking && { booking: this.booking.booking }) };
  }

  /** Whatever goes wrong with a tool, the model is told: it may know another way. */
  private async result(call: ResponseFunctionToolCall): Promise<ResponseInput[number]> {
    let output: unknown;
    try {
      output = await this.use(call.name, JSON.parse(call.arguments));
    } catch (error) {
      this.deadline.throwIfAborted();
      output = { error: String(error) };
    }
    return { type: "function_call_output", call_id: call.call_id, output: JSON.stringify(output) };
  }

  /** What the model wrote is checked before anything is done with it. */
  private async use(name: string, given: Record<string, unknown>): Promise<unknown> {
    if (name === "search_flights") {
      const { to, max_price: most } = given;
      if (typeof to !== "string" || typeof most !== "number") {
        throw new TypeError("search_flights needs to: string, max_price: number");
      }
      const flights = await this.airline.flights(to, this.deadline);
      return flights.filter((flight) => flight.price <= most);
    }
    if (name === "book_flight") {
      return (this.booking = await this.airline.book(this.wish.id, seats(given), this.deadline));
    }
    throw new TypeError(`there is no tool ${name}`);
  }
}

function seats({ flight, traveller, seats }: Record<string, unknown>): Seats {
  if (typeof flight !== "string" || typeof traveller !== "string" || !Number.isInteger(seats)) {
    throw new TypeError("book_flight needs flight: string, traveller: string, seats: integer");
  }
  return { flight, traveller, seats: seats as number };
}

/** Its words, without those by which it declines. */
function spoken(response: Response): string {
  const parts = response.output.flatMap((item) => (item.type === "message" ? item.content : []));
  return parts.map((part) => (part.type === "output_text" ? part.text : "")).join("");
}

function tool(name: string, properties: Record<string, object>): Tool {
  const parameters = { type: "object", properties, required: Object.keys(properties), additionalProperties: false };
  return { type: "function", name, parameters, strict: true };
}
