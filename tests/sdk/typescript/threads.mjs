// Writes JSON {threaded, unthreaded}: how the tool runner ends a loop of three tools, and what of `thread` it sent.
import Anthropic from "@anthropic-ai/sdk";
import { betaTool } from "@anthropic-ai/sdk/helpers/beta/json-schema";

async function loop(apiKey, settings) {
  const requests = [];
  const watched = async (url, init) => {
    const { thread, messages } = JSON.parse(init.body);
    const response = await fetch(url, init);
    requests.push([thread?.type ?? null, messages.length, response.status]);
    return response;
  };
  const client = new Anthropic({ apiKey, fetch: watched, timeout: 120_000 * (process.env.TEST_TIME_SCALE ?? 1) });
  const tool = (name, result) =>
    betaTool({ name, description: name, inputSchema: { type: "object", properties: {} }, run: () => result });
  const last = await client.beta.messages.toolRunner({
    model: "claude-sonnet-5",
    max_tokens: 1024,
    messages: [{ role: "user", content: "Plan my trip." }],
    tools: [tool("find_city", "Paris"), tool("get_weather", "sunny"), tool("book_hotel", "room 7")],
    ...settings,
  });
  return { text: last.content[0].text, requests };
}

console.log(JSON.stringify({ threaded: await loop("one", {}), unthreaded: await loop("two", { thread: false }) }));
