import { beforeEach, expect, test } from "vitest";
import globalSetup, { MockClaude, MockClaudeError, mock } from "./mockclaude.js";
import Anthropic from "@anthropic-ai/sdk";

const client = new Anthropic();
const model = "claude-sonnet-5";

async function ask(content: string, options = {}): Promise<string> {
  const messages = [{ role: "user" as const, content }];
  const message = await new Anthropic(options).messages.create({ model, max_tokens: 99, messages });
  return message.content.map((block) => (block.type === "text" ? block.text : block.type)).join();
}

beforeEach(() => mock.reset());

test("a rule replies, and its place is the line of the test", async () => {
  mock.when({ user: "refund" }).reply("Granted.");
  const messages = [{ role: "user" as const, content: "I want a refund!" }];
  const message = await client.messages.create({ model, max_tokens: 99, messages });

  expect(message.content).toEqual([{ type: "text", text: "Granted." }]);
  mock.verify({ user: "refund" }, 1);
  const [request] = mock.requests({ user: "refund" });
  expect(request?.body).toEqual({ model, max_tokens: 99, messages });
  expect(request?.decision.rule?.place).toBe("added over HTTP at refund.test.ts:17");
});

test("without a rule nothing replies", async () => {
  await expect(ask("Hello")).rejects.toThrow("no rule matched: no rules are defined");
});

test("retries are quick", async () => {
  mock.reply("Hi.", { fault: { script: [529, 529, "ok"] } });

  expect(await ask("Hello")).toBe("Hi.");
  expect(mock.requests().map((request) => request.response.status)).toEqual([529, 529, 200]);
});

test("replies follow each other, the conversation or a draw, and rules can be removed", async () => {
  mock.when({ user: "one" }).sequence(["1", "2"]);
  expect([await ask("one"), await ask("one"), await ask("one")]).toEqual(["1", "2", "2"]);
  mock.when({ user: "turn" }).turns(["first", "second"]);
  expect([await ask("turn"), await ask("turn")]).toEqual(["first", "first"]);
  const id = mock.when({ user: "draw" }).choice([{ reply: "drawn" }], { name: "draw" });
  expect([id, await ask("draw")]).toEqual(["draw", "drawn"]);
  mock.remove(id);
  await expect(ask("draw")).rejects.toThrow("near miss");
});

test("errors name their place and start at the test", async () => {
  mock.add({ reply: "Hi." });
  await ask("Hello");
  for (const [call, message] of [
    [() => mock.verify({ user: "refund" }), "FAIL user: expected text that contains 'refund', got 'Hello'"],
    [() => mock.reply("x", { times: 0 }), /^added over HTTP at refund.test.ts:55 \(times\): .* expected at least 1$/],
    [() => mock.when({ user: /order \d/gi as {} as string }).reply("x"), 'matcher; write { regex: "(?i)order \\\\d" }'],
    [() => mock.remove("nobody"), "No rule that was added has the id 'nobody'"],
  ] as const) {
    expect(call).toThrow(message);
    expect(call).toThrow(MockClaudeError);
    try {
      call();
    } catch (error) {
      const first = String(error instanceof Error && error.stack).split("\n").find((line) => /^\s+at /.test(line));
      expect(first).toContain("refund.test.ts");
    }
  }
});

test("requests from the background are waited for", async () => {
  mock.reply("Hi.");
  const waiting = mock.waitFor({ user: "later" });
  await ask("sooner");
  await ask("later");
  expect((await waiting).map((request) => request.body.messages[0]?.content)).toEqual(["later"]);
  await expect(mock.waitFor({ user: "never" }, { timeout: "1ms" })).rejects.toThrow("After 0.001 s: expected");
});

test("a lane has a name, if the clients of an app select it", async () => {
  const ann = new MockClaude("ann");
  ann.reply("Ann.");
  mock.reply("Others.");
  expect(await ask("Hello", ann.options)).toBe("Ann.");
  expect([await ask("Hello"), await ask("Hello", mock.options)]).toEqual(["Others.", "Others."]);
  expect(ann.requests().map((request) => request.lane)).toEqual(["ann"]);

  const messages = [{ role: "user" as const, content: "Hello" }];
  await client.messages.create({ model, max_tokens: 99, messages, metadata: { user_id: "ann" } });
  ann.verify({}, 2); // lanes.yaml has `lane_from: metadata.user_id`
  ann.reset();
});

test("a long request is kept whole", async () => {
  mock.reply("Hi.");
  await ask("long ".repeat(20_000));
  expect(mock.requests()[0]?.body.messages[0]?.content).toHaveLength(100_000);
});

test("a server that is not there is named", async () => {
  const url = process.env["MOCKCLAUDE_URL"];
  try {
    process.env["MOCKCLAUDE_URL"] = "http://127.0.0.1:9";
    expect(() => mock.requests()).toThrow("cannot reach mockclaude at http://127.0.0.1:9: ");
    delete process.env["MOCKCLAUDE_URL"];
    expect(() => mock.requests()).toThrow("MOCKCLAUDE_URL: not set; expected the base URL of a server");
    expect(() => mock.url).toThrow("MOCKCLAUDE_URL: not set");
    await expect(globalSetup({ webServer: {} })).rejects.toThrow("Playwright started the app without mockclaude");
  } finally {
    process.env["MOCKCLAUDE_URL"] = url;
  }
});
