// Reads JSON {body, faults: {name: headers}}; writes JSON {name: [create, raw, helper]}: what the SDK makes of each.
import { text as read } from "node:stream/consumers";
import Anthropic from "@anthropic-ai/sdk";

const asked = JSON.parse(await read(process.stdin));

const WAYS = {
  create: async (client, options) => described(await client.messages.create(asked.body, options)),
  raw: async (client, options) => {
    let last = "nothing";
    for await (const event of await client.messages.create({ ...asked.body, stream: true }, options)) last = event.type;
    return `ok ${last}`;
  },
  helper: async (client, options) => described(await client.messages.stream(asked.body, options).finalMessage()),
};

function described(message) {
  if (typeof message !== "object") return `ok ${typeof message}`;
  return message.content ? `ok ${message.stop_reason}` : "ok without content";
}

async function outcome(name, headers, way) {
  const client = new Anthropic({ apiKey: way, maxRetries: 0, timeout: 800 });
  const patience = new AbortController(); // AbortSignal.timeout neither keeps node running nor lives as long as it must
  const timers = [setTimeout(() => patience.abort(), 1_500)];
  const never = new Promise((resolve) => timers.push(setTimeout(() => resolve("never settled"), 10_000)));
  try {
    return await Promise.race([WAYS[way](client, { headers, signal: patience.signal }), never]);
  } catch (error) {
    return error.constructor.name;
  } finally {
    timers.forEach(clearTimeout);
  }
}

const ways = Object.keys(WAYS);
const jobs = Object.entries(asked.faults).flatMap(([name, headers]) => ways.map((way) => [name, headers, way]));
const outcomes = Object.fromEntries(Object.keys(asked.faults).map((name) => [name, []]));

async function worker() {
  for (let job = jobs.shift(); job; job = jobs.shift()) {
    const [name, headers, way] = job;
    outcomes[name][ways.indexOf(way)] = await outcome(name, headers, way);
  }
}

await Promise.all(Array.from({ length: 12 }, worker));
console.log(JSON.stringify(outcomes));
process.exit(0);
