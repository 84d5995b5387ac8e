// Reads JSON [{client, asked, way, patience}, ...]; writes JSON [line, ...]: what was seen of each response, and its end.
import { text as read } from "node:stream/consumers";
import Anthropic from "@anthropic-ai/sdk";

const shown = (content) => (content ? content.map(shownBlock).join("") : "nothing");

const shownBlock = (block) => (block.type.endsWith("tool_use") ? JSON.stringify(block.input) : (block[block.type] ?? ""));

function take(event, seen) {
  if (event.type === "content_block_delta" && event.delta) {
    const { text, thinking, partial_json: json } = event.delta;
    seen.text += text ?? thinking ?? json ?? "";
  }
  if (event.type === "message_delta") seen.end = event.delta.stop_reason;
}

function whole(message, seen) {
  seen.text = shown(message.content);
  seen.end = message.stop_reason;
}

const ways = {
  create: async (messages, asked, seen) => whole(await messages.create(asked), seen),

  async raw(messages, asked, seen) {
    for await (const event of await messages.create({ ...asked, stream: true })) take(event, seen);
  },

  async helper(messages, asked, seen) {
    const stream = messages.stream(asked);
    stream.on("streamEvent", (event) => take(event, seen));
    whole(await stream.finalMessage(), seen);
  },
};

async function outcome({ client, asked, way, patience }) {
  const { base_url: baseURL, max_retries: maxRetries, default_headers: defaultHeaders } = client;
  const timeout = client.timeout * 1000;
  const { messages } = new Anthropic({ apiKey: "mock", baseURL, maxRetries, timeout, defaultHeaders });
  const seen = { text: "", end: null };
  const bored = new Promise((resolve) => setTimeout(() => resolve("waiting"), patience * 1000));
  const ended = ways[way](messages, asked, seen).then(
    () => `${seen.end}`,
    ({ constructor, status }) => constructor.name + (status ? ` ${status}` : ""),
  );
  const end = await Promise.race([ended, bored]);
  return `${seen.text} | ${end}`;
}

const cases = JSON.parse(await read(process.stdin));
const outcomes = [];
const numbers = cases.keys();

async function worker() {
  for (const number of numbers) outcomes[number] = await outcome(cases[number]);
}

await Promise.all(Array.from({ length: 16 }, worker));
process.stdout.write(JSON.stringify(outcomes), () => process.exit());
