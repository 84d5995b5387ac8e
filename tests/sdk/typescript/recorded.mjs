// Plans a trip with the tool runner. Writes JSON, a list for each kind of session: its last text, then its responses.
import Anthropic from "@anthropic-ai/sdk";
import { betaTool } from "@anthropic-ai/sdk/helpers/beta/json-schema";

const [folder] = process.argv.slice(2); // the path of the replay
const KEPT = ["content-type", "request-id", "retry-after-ms", "x-should-retry"];
const tool = (name, property, run) =>
  betaTool({
    name,
    description: name,
    inputSchema: { type: "object", properties: { [property]: { type: property === "days" ? "number" : "string" } } },
    run: (input) => run(input[property]),
  });

async function plan(lane, settings) {
  const kept = [];
  const watched = async (url, init) => {
    const response = await fetch(url, init);
    kept.push([response.status, KEPT.map((name) => response.headers.get(name)), response.clone().arrayBuffer()]);
    return response;
  };
  const baseURL = process.env.ANTHROPIC_BASE_URL + (folder ? `/${lane}` : "");
  const timeout = 120_000 * (process.env.TEST_TIME_SCALE ?? 1);
  const apiKey = `key-${lane}`;
  const defaultHeaders = { "x-mockclaude-lane": lane };
  const client = new Anthropic({ apiKey, baseURL, fetch: watched, timeout, defaultHeaders });
  const runner = client.beta.messages.toolRunner({
    model: "claude-sonnet-5",
    max_tokens: 2048,
    messages: [{ role: "user", content: "Plan my trip." }],
    tools: [
      tool("find_city", "country", (country) => `Wien in ${country}`),
      tool("get_weather", "days", (days) => `sunny for ${days} days`),
    ],
    ...settings,
  });
  let last;
  for await (const message of runner) last = settings.stream ? await message.finalMessage() : message;
  const responses = kept.map(async ([status, headers, body]) => [status, headers, Buffer.from(await body).toString("base64")]);
  return [last.content.at(-1).text, ...(await Promise.all(responses))];
}

console.log(
  JSON.stringify({
    message: await plan("message", {}),
    stream: await plan("stream", { stream: true }),
    unthreaded: await plan("unthreaded", { thread: false, stream: true }),
  }),
);
