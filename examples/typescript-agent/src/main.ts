/** The agent as a service: POST a wish to /trips, and the answer tells what came of it. */

import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { parseArgs } from "node:util";
import { Airline } from "./airline.js";
import { Model } from "./model.js";
import { within } from "./patience.js";
import { Trip, type Wish } from "./trip.js";

const { values } = parseArgs({
  options: {
    port: { type: "string", default: "0" },
    stream: { type: "boolean", default: false },
    "no-idempotency-key": { type: "boolean", default: false },
    "timeout-ms": { type: "string", default: "30000" },
    "deadline-ms": { type: "string", default: "120000" },
  },
});
const timeoutMs = Number(values["timeout-ms"]);
const deadlineMs = Number(values["deadline-ms"]);
const model = new Model(timeoutMs, values.stream);
const airline = new Airline(process.env["BOOKING_URL"] ?? "", timeoutMs, !values["no-idempotency-key"]);
async function answer(request: IncomingMessage): Promise<[number, unknown]> {
  if (request.method !== "POST" || request.url !== "/trips") {
    return [404, { error: "POST a wish to /trips" }];
  }
  let wish: Wish;
  try {
    wish = (await json(request)) as Wish;
  } catch (error) {
    return [400, { error: String(error) }];
  }
  return [200, await within(deadlineMs, undefined, (deadline) => new Trip(wish, model, airline, deadline).plan())];
}

const server = createServer(async (request, response) => {
  const [status, body] = await answer(request);
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
});
server.listen(Number(values.port), "127.0.0.1", () => {
  console.log(`listening on http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
