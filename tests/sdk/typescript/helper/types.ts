// tsc compiles this file: each line below a @ts-expect-error has to be an error.
import { type Rule, mock } from "./mockclaude.js";

mock.when({ user: ["refund", { regex: "money (?<what>.*)" }], tools: ["a", "b"], turn: 1 }).reply("Granted.");
mock.when({ tool_result: { name: "f", is_error: true }, body: { "length(messages)": 3 } }).reply([
  { thinking: "Hm." },
  "Let me look.",
  { tool_use: { name: "f", input: { city: "Paris" } } },
]);
mock.when({}).sequence([{ error: 529 }, { error: { type: "overloaded_error", message: "Busy." } }, "Yes."], { times: 3 });
mock.when({ anywhere: "refund" }).turns(["One.", { text: { chunks: ["Tw", "o."] } }], { chunk_size: 3 });
mock.when({ stream: true }).choice([{ weight: 9, reply: "Yes." }, { reply: { json: { answer: null } } }]);
mock.reply({ usage: { output_tokens: 5 } }, { pace: { ttft: { normal: { mean: "1s", sd: "100ms" } } } });
mock.reply("x", { fault: [{ disconnect: "reset", after: "text_delta 2" }, "529", 500, { script: ["cut", "ok"] }] });
mock.verify({ model: { like: "claude-*" } }, { at_least: 1, at_most: 2 });

const number: number | undefined = mock.requests()[0]?.decision.drawn?.occurrence;
const rule: Rule = { name: "a", reply: "x", times: number ?? 1 };
mock.add(rule);

// @ts-expect-error
mock.when({ usr: "refund" });
// @ts-expect-error
mock.when({ user: { equals: "a", contains: "b" } });
// @ts-expect-error
mock.reply({ txt: "Granted." });
// @ts-expect-error
mock.reply({ text: "Granted.", pause: "1s" });
// @ts-expect-error
mock.reply("Granted.", { time: 2 });
// @ts-expect-error
mock.reply("Granted.", { fault: "crash" });
// @ts-expect-error
mock.reply("Granted.", { fault: { disconnect: "hard" } });
// @ts-expect-error
mock.reply({ error: "overload_error" });
// @ts-expect-error
mock.verify({}, "twice");
// @ts-expect-error
mock.requests()[0]?.decision.rules;
