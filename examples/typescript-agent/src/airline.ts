/** The airline's HTTP API. What gets no answer is asked for again. */

import { setTimeout as sleep } from "node:timers/promises";
import { within } from "./patience.js";

export interface Flight {
  flight: string;
  price: number;
}

export interface Booking {
  booking: string;
}

export interface Seats {
  flight: string;
  traveller: string;
  seats: number;
}

/** The airline has answered, and will not answer otherwise if it is asked again. */
export class Declined extends Error {}

const ATTEMPTS = 4;
const FIRST_PAUSE_MS = 50;

export class Airline {
  constructor(
    private readonly url: string,
    private readonly timeoutMs: number,
    private readonly sendsKeys: boolean,
  ) {}

  flights(to: string, deadline: AbortSignal): Promise<Flight[]> {
    return this.ask<Flight[]>(`/flights?${new URLSearchParams({ to })}`, {}, deadline);
  }

  /** The key is made of the wish and not of the attempt: the airline sells once, however often it is asked. */
  book(trip: string, seats: Seats, deadline: AbortSignal): Promise<Booking> {
    const key = encodeURIComponent([trip, seats.flight, seats.traveller].join("/"));
    const headers = { "content-type": "application/json", ...(this.sendsKeys && { "idempotency-key": key }) };
    return this.ask<Booking>("/bookings", { method: "POST", headers, body: JSON.stringify(seats) }, deadline);
  }

  private async ask<T>(path: string, request: RequestInit, deadline: AbortSignal): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await within(this.timeoutMs, deadline, (signal) => answer<T>(fetch(this.url + path, { ...request, signal })));
      } catch (error) {
        if (error instanceof Declined || deadline.aborted || attempt === ATTEMPTS) {
          throw error;
        }
        await sleep(FIRST_PAUSE_MS * 2 ** (attempt - 1), undefined, { signal: deadline });
      }
    }
  }
}

async function answer<T>(asked: Promise<Response>): Promise<T> {
  const response = await asked;
  if (response.status >= 400 && response.status < 500) {
    throw new Declined(`the airline declined: ${response.status} ${await response.text()}`);
  }
  if (!response.ok) {
    throw new Error(`the airline failed: ${response.status}`);
  }
  return (await response.json()) as T;
}
