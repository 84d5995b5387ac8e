/* eslint-disable -- written by mockclaude */
/**
 * Rules, verification and the journal of mockclaude, for tests in TypeScript.
 *
 * Run the tests with a server: `mockclaude run --no-built-in -- npx vitest run`. Or let vitest or Jest start the
 * server: name this file as `globalSetup` in their configuration.
 *
 *     import { mock } from "./mockclaude"; // before the code under test
 *
 *     beforeEach(() => mock.reset());
 *
 *     test("a refund is granted", async () => {
 *       mock.when({ user: "refund" }).reply("Granted.");
 *       ...
 *       mock.verify({ user: "refund" }, 1);
 *     });
 *
 * Each test file has a lane (isolation key) of its own: rules, counters and journal entries. Files that run at the
 * same time share a server. Calls block until the server has responded, so they need no `await`.
 *
 * The file needs Node.js 20, no packages, and for `tsc` the types of `@types/node`.
 */
/// <reference types="node" />
import { spawn } from "node:child_process";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { MessageChannel, type MessagePort, Worker, receiveMessageOnPort } from "node:worker_threads";

/** A reply: text, a step, or a list of them. */
export type Reply = NonNullable<Rule["reply"]>;

/** The options of a rule: all keys but its conditions and its reply. */
export type RuleOptions = Omit<Rule, "when" | "reply" | "sequence" | "turns" | "choice">;

/** The expected number of requests. */
export type Times = number | { at_least?: number; at_most?: number };

/** The body of a Messages request. */
export interface MessagesBody {
  model: string;
  max_tokens: number;
  messages: { role: string; content: any }[];
  system?: any;
  tools?: any[];
  stream?: boolean;
  [key: string]: any;
}

/** A Messages request that the server received. */
export interface ReceivedRequest extends JournalEntry {
  readonly body: MessagesBody;
}

/** A verification that failed, or a call that the server rejected. */
export class MockClaudeError extends Error {
  override name = "MockClaudeError";
}

/** The rules and the requests of one lane. */
export class MockClaude {
  /** The API key of the lane. Requests with this key belong to it. */
  readonly apiKey: string;
  readonly #scope: { lane: string } | { api_key: string };
  readonly #headers: Record<string, string>;

  /**
   * Selects a lane.
   *
   * @param lane The name of a lane that clients select with the header `x-mockclaude-lane`, or with `lane_from` in a
   *   scenario file. Default: a lane for the current test file, selected by the API key; SDKs in this process get base
   *   URL and key by `ANTHROPIC_BASE_URL` and `ANTHROPIC_API_KEY`.
   */
  constructor(lane?: string) {
    this.apiKey = lane === undefined ? `mock-${encodeURI(findTestFile())}` : "mock";
    this.#scope = lane === undefined ? { api_key: this.apiKey } : { lane };
    this.#headers = lane === undefined ? {} : { "x-mockclaude-lane": lane };
    if (lane === undefined && process.env["MOCKCLAUDE_URL"]) {
      process.env["ANTHROPIC_BASE_URL"] = this.url;
      process.env["ANTHROPIC_API_KEY"] = this.apiKey;
    }
  }

  /** The base URL for clients. */
  get url(): string {
    return findUrl(findUrl);
  }

  /** The options for a client in this lane: `new Anthropic(mock.options)`. */
  get options(): { baseURL: string; apiKey: string; defaultHeaders: Record<string, string> } {
    return { baseURL: this.url, apiKey: this.apiKey, defaultHeaders: this.#headers };
  }

  /** Returns a builder for a rule with these conditions. */
  when(when: When): RuleBuilder {
    return new RuleBuilder((rule, method) => this.#add(rule, method), when);
  }

  /** Adds a rule without conditions: it replies to each request. Returns the id of the rule. */
  reply(reply: Reply, options: RuleOptions = {}): string {
    return this.#add({ ...options, reply }, this.reply);
  }

  /** Adds a rule in the format of a scenario file. Returns its id. */
  add(rule: Rule): string {
    return this.#add(rule, this.add);
  }

  /** Removes a rule by its id. */
  remove(id: string): void {
    this.#call(this.remove, "DELETE", `rules/${encodeURIComponent(id)}`);
  }

  /**
   * Verifies the number of requests that match the conditions. Default: at least one.
   *
   * @throws MockClaudeError The number differs. The message has each condition of the near miss.
   */
  verify(when: When = {}, times: Times = { at_least: 1 }): void {
    type Verification = { ok: boolean; message: string };
    const { ok, message } = this.#call<Verification>(this.verify, "POST", "verify", { when, times });
    if (!ok) throw makeError(message, this.verify);
  }

  /** Returns the Messages requests that match the conditions, the oldest first. */
  requests(when: When = {}): ReceivedRequest[] {
    return this.#call<Entries>(this.requests, "POST", "journal/query", { when }).entries.map(receive);
  }

  /** Waits for a number of requests, for code that sends them in the background. */
  async waitFor(when: When = {}, { count = 1, timeout = "5s" } = {}): Promise<ReceivedRequest[]> {
    const { port } = this.#send(this.waitFor, "POST", "journal/wait", { when, count, timeout });
    const result = await new Promise<Result>((resolve) => port.once("message", resolve));
    port.close();
    return read<Entries>(result, this.url, this.waitFor).entries.map(receive);
  }

  /** Removes the rules, the counters and the journal entries of the lane. */
  reset(): void {
    this.#call(this.reset, "POST", "reset");
  }

  #add(rule: Rule, caller: Function): string {
    const parameters = { rules: rule, where: findCallSite(caller) };
    return this.#call<{ ids: string[] }>(caller, "POST", "rules", parameters).ids.join();
  }

  #call<T>(caller: Function, method: string, path: string, parameters: object = {}): T {
    return read<T>(receiveSync(this.#send(caller, method, path, parameters)), this.url, caller);
  }

  #send(caller: Function, method: string, path: string, parameters: object): Pending {
    const token = process.env["MOCKCLAUDE_ADMIN_TOKEN"];
    const headers = { "content-type": "application/json", ...(token ? { "x-mockclaude-token": token } : {}) };
    const refuse = (key: string, value: unknown) => refuseRegExp(key, value, caller);
    const body = JSON.stringify({ ...this.#scope, ...parameters }, refuse);
    return send(`${findUrl(caller)}/_mockclaude/${path}`, { method, headers, body });
  }
}

/** A rule that has conditions and still needs a reply. */
export class RuleBuilder {
  readonly #add: (rule: Rule, method: Function) => string;
  readonly #when: When;

  constructor(add: (rule: Rule, method: Function) => string, when: When) {
    this.#add = add;
    this.#when = when;
  }

  /** Adds the rule with a reply: text, a step, or a list of steps. Returns the id of the rule. */
  reply(reply: Reply, options: RuleOptions = {}): string {
    return this.#add({ ...options, when: this.#when, reply }, this.reply);
  }

  /** Adds the rule with replies that are selected one after the other. The last repeats. */
  sequence(sequence: Reply[], options: RuleOptions = {}): string {
    return this.#add({ ...options, when: this.#when, sequence }, this.sequence);
  }

  /** Adds the rule with replies by the turn of the conversation. The last repeats. */
  turns(turns: Reply[], options: RuleOptions = {}): string {
    return this.#add({ ...options, when: this.#when, turns }, this.turns);
  }

  /** Adds the rule with replies that are drawn by weight. */
  choice(choice: Choice[], options: RuleOptions = {}): string {
    return this.#add({ ...options, when: this.#when, choice }, this.choice);
  }
}

/**
 * Starts a server and points this process, and those that it starts, to the server. Does nothing under `mockclaude run`.
 *
 * @param parameters Scenario files and options of `mockclaude run`. Default: no rules but those that tests add.
 * @returns A function that stops the server, and throws if a request was unmatched. The server also stops when this
 *   process ends.
 */
export async function startServer(parameters: string[] = ["--no-built-in"]): Promise<() => Promise<void>> {
  if (process.env["MOCKCLAUDE_URL"]) return async () => {};
  const print = "console.log(JSON.stringify(process.env)); process.stdin.resume()";
  const [command = "mockclaude", ...before] = (process.env["MOCKCLAUDE_COMMAND"] ?? "mockclaude").split(" ");
  const server = spawn(command, [...before, "run", ...parameters, "--", process.execPath, "-e", print], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const ended = new Promise<number | null>((resolve) => server.once("exit", resolve));
  const environment = await new Promise<Record<string, string>>((resolve, reject) => {
    let output = "";
    const fail = (problem: string) => reject(new MockClaudeError(`cannot run '${command}': ${problem}`));
    server.once("error", (error) => fail(`${error.message}; ${INSTALL}`));
    server.once("exit", (code) => fail(`exit code ${code}`));
    server.stdout.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      if (output.endsWith("\n")) resolve(JSON.parse(output));
    });
  });
  for (const name of Object.keys(process.env)) if (!(name in environment)) delete process.env[name];
  Object.assign(process.env, environment);
  for (const handle of [server, server.stdin, server.stdout] as { unref?(): void }[]) handle.unref?.();
  return async () => {
    server.ref();
    server.stdin.end();
    if (await ended) throw new MockClaudeError("a request was unmatched; expected a rule for each; or set MOCKCLAUDE_ALLOW_UNMATCHED=1");
  };
}

const INSTALL = "activate the environment with mockclaude, or set MOCKCLAUDE_COMMAND, e.g. to '.venv/bin/mockclaude'";

/** The `globalSetup` of vitest and Jest, and of Playwright without `webServer`, whose app would start too early. */
export default async function globalSetup(config?: { webServer?: unknown }): Promise<() => Promise<void>> {
  if (config?.webServer && !process.env["MOCKCLAUDE_URL"]) {
    const fix = "run `mockclaude run --no-built-in -- npx playwright test`";
    throw new MockClaudeError(`webServer: Playwright started the app without mockclaude; expected no globalSetup; ${fix}`);
  }
  return startServer();
}

type Entries = { entries: JournalEntry[] };
type Result = { status: number; text: string; error?: string };
type Pending = { port: MessagePort; done: Int32Array };

/** The thread that sends requests while this one waits. */
let sender: Worker | undefined;
const SENDER = `
const { parentPort } = require("node:worker_threads");
parentPort.on("message", async ({ url, request, port, done }) => {
  try {
    const response = await fetch(url, request);
    port.postMessage({ status: response.status, text: await response.text() });
  } catch (error) {
    port.postMessage({ status: 0, text: "", error: String(error.cause ?? error) });
  }
  Atomics.store(done, 0, 1);
  Atomics.notify(done, 0);
});`;

function send(url: string, request: { method: string; headers: Record<string, string>; body: string }): Pending {
  if (sender === undefined) {
    sender = new Worker(SENDER, { eval: true, execArgv: [] });
    sender.unref();
  }
  const { port1, port2 } = new MessageChannel();
  const done = new Int32Array(new SharedArrayBuffer(4));
  sender.postMessage({ url, request, port: port2, done }, [port2]);
  return { port: port1, done };
}

/** Refuses a regular expression, which would be `{}` in JSON. */
function refuseRegExp(key: string, value: unknown, caller: Function): unknown {
  if (!(value instanceof RegExp)) return value;
  const flags = value.flags.replace(/[^ims]/g, "");
  const regex = JSON.stringify((flags && `(?${flags})`) + value.source);
  throw makeError(`${key}: got the RegExp ${value}; expected text or a matcher; write { regex: ${regex} }`, caller);
}

/** Returns the base URL of the server, without a slash at its end. */
function findUrl(caller: Function): string {
  const url = process.env["MOCKCLAUDE_URL"];
  if (url) return url.replace(/\/+$/, "");
  const fix = "run the tests with `mockclaude run --no-built-in -- COMMAND`, or name this file as `globalSetup`";
  throw makeError(`MOCKCLAUDE_URL: not set; expected the base URL of a server; ${fix}`, caller);
}

function receiveSync({ port, done }: Pending): Result {
  Atomics.wait(done, 0, 0, 30_000);
  const received: { message: Result } | undefined = receiveMessageOnPort(port);
  port.close();
  return received?.message ?? { status: 0, text: "", error: "no response within 30 s" };
}

function read<T>(result: Result, url: string, caller: Function): T {
  if (result.error !== undefined) throw makeError(`cannot reach mockclaude at ${url}: ${result.error}`, caller);
  let data: any;
  try {
    data = JSON.parse(result.text);
  } catch {
    const problem = `got a response that is not JSON, status ${result.status}`;
    throw makeError(`${url}: ${problem}; expected MOCKCLAUDE_URL to be the base URL of mockclaude`, caller);
  }
  if (result.status >= 400) throw makeError(data.error?.message ?? result.text, caller);
  return data;
}

function receive(entry: JournalEntry): ReceivedRequest {
  return { ...entry, body: JSON.parse(entry.request.body) };
}

/** Builds an error whose stack begins at the caller of a method. */
function makeError(message: string, method: Function): MockClaudeError {
  const error = new MockClaudeError(message);
  Error.captureStackTrace?.(error, method);
  return error;
}

/** Returns the file and the line that called a method. */
function findCallSite(method: Function): string {
  const stack = makeError("", method).stack ?? "";
  const [, path = "", line = ""] = /^ *at (?:async )?(?:.*? \()?(.+?):(\d+):\d+\)?$/m.exec(stack) ?? [];
  return path ? `${shorten(path)}:${line}` : "a test";
}

function findTestFile(): string {
  const worker = process.env["TEST_PARALLEL_INDEX"]; // a worker of Playwright runs one test at a time, of any file
  if (worker !== undefined) return `playwright-${worker}`;
  const { __vitest_worker__: vitest, expect } = globalThis as any;
  return shorten(String(vitest?.filepath ?? expect?.getState?.().testPath ?? process.argv[1] ?? "tests"));
}

function shorten(path: string): string {
  return relative(process.cwd(), path.startsWith("file:") ? fileURLToPath(path) : path).replaceAll("\\", "/");
}

/** The lane of this test file. */
export const mock = new MockClaude();

/** An object with exactly one of these keys. */
export type ExactlyOne<T> = {
  [K in keyof T]-?: { [P in K]-?: T[P] } & { [P in Exclude<keyof T, K>]?: never };
}[keyof T];

/** A number that is drawn for each use. */
export type Distribution<T> = ExactlyOne<{
  uniform?: [T, T];
  normal?: { mean: T; sd: T };
  lognormal?: { p50: T; p99: T; max?: T } | { median: T; sigma: number; max?: T };
  exponential?: { mean: T };
}>;

// Below: the types of a scenario file's rules and of journal entries, generated from their JSON Schemas.

export type FaultPreset =
  | "invalid_request_error" | "authentication_error" | "billing_error" | "permission_error" | "not_found_error"
  | "conflict_error" | "request_too_large" | "rate_limit_error" | "api_error" | "timeout_error"
  | "overloaded_error" | "400" | "401" | "402" | "403" | "404" | "409" | "413" | "429" | "500" | "504" | "529"
  | "408" | "418" | "422" | "501" | "502" | "503" | "520" | "522" | "524" | "599" | "error_event_first"
  | "error_event" | "retry_after_an_hour" | "retry_after_date" | "reset_at_once" | "empty_reply" | "reset" | "cut"
  | "cut_event" | "short" | "no_message_stop" | "no_message_delta" | "no_last_chunk" | "empty_body" | "hang"
  | "hang_before_body" | "stall" | "pings_forever" | "comments_forever" | "silence" | "dribble" | "slow"
  | "bytewise" | "split_utf8" | "split_separator" | "crlf" | "gzip" | "gzip_held_back" | "corrupt" | "garbage"
  | "garbage_after_headers" | "content_length_too_long" | "content_length_too_short" | "status_line"
  | "header_name" | "double_content_length" | "huge_header" | "many_headers" | "early_hints" | "no_head"
  | "chunk_size" | "not_gzip" | "broken_gzip" | "truncated_gzip" | "drop_message_start" | "drop_message_stop"
  | "drop_block_start" | "drop_first_tool_json" | "drop_last_tool_json" | "duplicate_message_start"
  | "duplicate_delta" | "interleaved_blocks" | "swapped_start" | "wrong_index" | "null_delta" | "null_text"
  | "null_usage" | "no_usage" | "no_usage_at_start" | "null_content" | "unknown_event" | "unknown_delta"
  | "data_only" | "empty_data" | "done" | "broken_json" | "invalid_utf8" | "restart" | "wrong_content_type"
  | "no_content_type" | "error_with_200" | "bad_gateway_page" | "gateway_timeout_page" | "cloudflare_524_page"
  | "challenge_page" | "empty_520" | "page_with_200" | "status_999" | "refuse" | "close_idle";

export type FaultStatus =
  | 400 | 401 | 402 | 403 | 404 | 409 | 413 | 429 | 500 | 504 | 529 | 408 | 418 | 422 | 501 | 502 | 503 | 520
  | 522 | 524 | 599;

export type ErrorType =
  | "invalid_request_error" | "authentication_error" | "billing_error" | "permission_error" | "not_found_error"
  | "conflict_error" | "request_too_large" | "rate_limit_error" | "api_error" | "timeout_error"
  | "overloaded_error";

export type EventName =
  | "message_start" | "content_block_start" | "content_block_delta" | "content_block_stop" | "message_delta"
  | "message_stop" | "ping" | "error" | "text_delta" | "thinking_delta" | "signature_delta" | "input_json_delta"
  | "citations_delta" | "compaction_delta";

export type StopReasonName =
  | "end_turn" | "max_tokens" | "stop_sequence" | "tool_use" | "pause_turn" | "refusal"
  | "model_context_window_exceeded" | "compaction";

/** An item of a batch. */
export interface BatchItem {
  /** The id of the batch. */
  id: string;
  custom_id: string;
}

/** Faults in bursts. */
export interface Burst {
  /** The probability that a request starts a burst. */
  enter: string | number;
  /** The probability that a request ends the burst. */
  leave: string | number;
}

/** Characters of a plain-text document. */
export interface CharLocation {
  type: "char_location";
  cited_text: string;
  document_index?: number;
  document_title?: string | null;
  start_char_index?: number;
  end_char_index?: number;
  file_id?: string | null;
}

/** A reply of a choice, and its weight. */
export interface Choice {
  /** The reply. */
  reply: string | Step | RawBlock | Message | (string | Step | RawBlock | Message)[];
  /** The weight of the reply relative to the other replies. */
  weight?: number;
}

/** The result of one condition. */
export interface ConditionResult {
  key: string;
  wanted: string;
  got: string;
  held: boolean;
  hint: string;
}

/** Blocks of a document made of blocks; the end is exclusive. */
export interface ContentBlockLocation {
  type: "content_block_location";
  cited_text: string;
  document_index?: number;
  document_title?: string | null;
  start_block_index?: number;
  end_block_index?: number;
  file_id?: string | null;
}

/** The decision on a request. */
export interface Decision {
  rule: SelectedRule | null;
  reason: string;
  notes: string[];
  drawn: Draws | null;
  /** The near miss of an unmatched request. */
  closest: MatchResult | null;
}

/** The keys that reproduce the pseudo-random values of a response. */
export interface Draws {
  seed: number;
  rule: string;
  fingerprint: string;
  lane: string;
  occurrence: number;
  question?: string;
}

/** A request, without credentials. */
export interface EntryRequest {
  method: string;
  /** The path with the query. */
  path: string;
  /** The path of the API, without the scenario. */
  endpoint: string;
  /** The dialect of the client, unless it is the API's own. */
  adapter?: string;
  /** The batch of an item. The create call decides it. */
  batch?: BatchItem;
  http: "1.0" | "1.1";
  reused_connection: boolean;
  since_start_us: number;
  /** The origin of the web page that sent the request. */
  page: string | null;
  /** Whether the request lacks the server's token. */
  guest: boolean;
  headers: Record<string, string>;
  body: string;
  /** The body, if it is complete and not UTF-8. */
  body_base64?: string;
  /** The size of the body in bytes, before it was truncated. */
  body_size: number;
  /** Whether `body` is the whole body. */
  whole: boolean;
  /** Whether credentials were redacted. */
  redacted: boolean;
}

/** A response, as planned and as sent. */
export interface EntryResponse {
  status: number;
  streamed: boolean;
  planned: Write[];
  sent_us: number[];
  end: string;
  /** The hash of the response. None: the journal does not keep the bytes. */
  digest: string | null;
}

/** An error of the API. */
export interface ErrorReply {
  /** An error type of the API, or another type. */
  type: string;
  /** The error message. */
  message?: string;
  /** The HTTP status. Default: that of the type. */
  status?: number;
  /** Headers of the response. */
  headers?: Record<string, string | number>;
  /** Details of the error. */
  details?: Record<string, unknown>;
}

/** One fault: exactly one of `KINDS`, with its position and its triggers. */
export interface Fault {
  /** The name in the log. */
  name?: string;
  /** Conditions of the request, as in a rule. */
  when?: When;
  /** The probability of the fault. */
  p?: string | number;
  /** The occurrence of the request in its lane, from 1. */
  occurrence?: number | number[];
  /** A range of a lane's Messages requests, e.g. 10..20. */
  requests?: string;
  /** A range of times since the start of the server, e.g. 10s..20s. */
  time?: string;
  /** Only on a connection that has served another request. */
  connection?: "reused";
  /** Faults in bursts. */
  burst?: Burst;
  /** A probability that changes from request to request. */
  ramp?: Ramp;
  /** The position: before the headers, the body, its end, or an event. */
  before?: EventName | "headers" | "body" | "end" | (string & {});
  /** The position: after a number of events or bytes, a share of the body, a duration, or an event. */
  after?: EventName | (string & {});
  /** An error of the API in place of the reply; with a position, an error event in the stream. */
  error?: ErrorType | number | ErrorReply;
  /** A response of a proxy in place of the reply. */
  respond?: Respond;
  /** The events of the content blocks alternate. */
  interleave?: true;
  /** The duration of the pause. */
  stall?: "forever" | (string & {});
  /** The time between ping events during the pause. */
  pings?: string;
  /** The time between comments during the pause, as gateways send them in place of pings. */
  comments?: string;
  /** Events to leave out. */
  drop?: EventName | (string & {});
  /** Events to repeat. */
  duplicate?: EventName | (string & {});
  /** The number of further copies. Default: 1. */
  copies?: number;
  /** Two events to exchange. */
  swap?: [EventName | (string & {}), EventName | (string & {})];
  /** Events, or the whole body, whose JSON `set` and `delete` change. */
  edit?: "body" | EventName | (string & {});
  /** Paths of keys, e.g. usage.output_tokens, and their new values. */
  set?: Record<string, unknown>;
  /** Paths of keys to remove. */
  delete?: string | string[];
  /** An event, a text, or bytes between the events. */
  insert?: string | Insert;
  /** The message starts again with another id. */
  restart?: true;
  /** Headers of the response; false removes a header. */
  headers?: Record<string, string | number | false>;
  /** The line ends of the stream: CRLF or CR in place of LF. */
  line_ends?: "crlf" | "cr";
  /** The number of events that are compressed together: 1 holds no event back, `end` all of them. */
  gzip?: number | "end";
  /** The number of changed bytes. */
  corrupt?: number;
  /** The size of the pieces in bytes, or cuts inside each character or blank line. */
  slice?: number | "utf8" | "separator";
  /** The time between the pieces. */
  every?: string;
  /** The maximum speed of the body. */
  rate?: string;
  /** RST, FIN before the marked end of the body, or a regular end of an incomplete body. */
  disconnect?: "reset" | "close" | "clean";
  /** The difference between `content-length` and the size of the body, in bytes. */
  content_length?: number;
  /** The way in which the HTTP response is malformed. */
  malformed?: "status_line" | "header_name" | "double_content_length" | "huge_header" | "many_headers" | "early_hints" | "no_head" | "chunk_size" | "not_gzip" | "broken_gzip" | "truncated_gzip";
  /** The number of random bytes. */
  garbage?: number;
  /** The bytes to send. */
  raw?: string | Raw;
  /** The time during which no connection is accepted. */
  refuse?: string;
  /** The fault for the first, second, third attempt of a request, or `ok`. */
  script?: "ok" | FaultPreset | FaultStatus | Fault | ("ok" | FaultPreset | FaultStatus | Fault)[];
  /** No fault: the long form of `ok`. */
  nothing?: true;
}

/** An event, data without a name, or bytes, sent between the events of a stream. */
export interface Insert {
  /** The UTF-8 bytes of this text. */
  text?: string;
  /** Bytes as base64. */
  base64?: string;
  /** Bytes as hexadecimal digits. */
  hex?: string;
  /** The name of the event. */
  event?: string;
  /** The data of the event: a text, or JSON. */
  data?: unknown;
}

/** A journal entry. */
export interface JournalEntry {
  number: number;
  /** The arrival, in seconds since the epoch. */
  at: number;
  scenario: string;
  lane: string;
  request: EntryRequest;
  decision: Decision;
  response: EntryResponse;
  /** How the connection ended. '': as HTTP specifies. */
  ending: string;
  seconds: number;
}

/** The result of each condition of a rule. */
export interface MatchResult {
  rule: string;
  checks: ConditionResult[];
}

/** A matcher of a text: exactly one of these keys. Of several texts one must match. */
export type Matcher = ExactlyOne<{
  /** The whole text. */
  equals?: string | string[];
  /** A part of the text. */
  contains?: string | string[];
  /** The whole text, with `*` for any part. */
  like?: string | string[];
  /** A regular expression in Python's syntax. Its captures are `${{ match.NAME }}` in replies. */
  regex?: string | string[];
}>;

/** A message in the API's own form, sent as written. */
export interface Message {
  /** The content blocks, or text. */
  content: string | RawBlock[];
  type?: "message";
  role?: "assistant";
  id?: string;
  model?: string;
  stop_reason?: string;
  usage?: MessageUsage;
  [key: string]: unknown;
}

/** A message in the API's own form, or fields for the message of other steps. */
export interface MessageFields {
  /** The content blocks, or text. Default: those of the other steps. */
  content?: string | RawBlock[];
  type?: "message";
  role?: "assistant";
  id?: string;
  model?: string;
  stop_reason?: string;
  usage?: MessageUsage;
  [key: string]: unknown;
}

/** The usage of a message in the API's own form. A null is a computed count. */
export interface MessageUsage {
  input_tokens?: number;
  cache_creation_input_tokens?: number;
  cache_read_input_tokens?: number;
  output_tokens?: number;
  [key: string]: unknown;
}

/** The pace of a reply: time to the first token, and the speed of the others. */
export interface Pace {
  /** Time to the first token. */
  ttft?: string | Distribution<string>;
  /** Speed of the other tokens. */
  tokens_per_second?: number | Distribution<number>;
  /** Time between tokens. */
  gap?: string | Distribution<string>;
  /** Times between tokens, as recorded. The last gap repeats. */
  gaps?: string[];
  /** Maximum random variation of each gap, or the distribution of a factor. */
  jitter?: string | number | Distribution<string | number>;
  /** The family of models whose pace sets the absent keys. */
  profile?: "haiku" | "sonnet" | "opus" | "fable" | "mythos" | "model";
}

/** Pages of a PDF, from 1; the end is exclusive. */
export interface PageLocation {
  type: "page_location";
  cited_text: string;
  document_index?: number;
  document_title?: string | null;
  start_page_number?: number;
  end_page_number?: number;
  file_id?: string | null;
}

/** A probability that changes linearly over the requests of a lane. */
export interface Ramp {
  /** The initial probability. Default: 0. */
  start?: string | number;
  /** The final probability. */
  end: string | number;
  /** The number of requests from the initial to the final probability. */
  over: number;
}

/** Bytes: as text, base64, or hexadecimal digits. */
export type Raw = ExactlyOne<{
  /** The UTF-8 bytes of this text. */
  text?: string;
  /** Bytes as base64. */
  base64?: string;
  /** Bytes as hexadecimal digits. */
  hex?: string;
}>;

/** A content block in the API's own form, sent unchanged. */
export interface RawBlock {
  type: string;
  [key: string]: unknown;
}

/** The origin of a recorded rule. No condition looks at it. */
export interface Recorded {
  /** The host whose response was recorded. */
  from: string;
  /** The day of the recording. */
  on: string;
  /**
   * The hashes of the system prompt, the tools, the messages and the settings of the recorded request. Default:
   * the request is unknown, and no request differs from it.
   */
  request?: string;
  /** The files with the bodies of the recorded requests, relative to the scenario file. Only tools read them. */
  requests?: string[];
}

/** A `redacted_thinking` block. */
export interface RedactedThinkingBlock {
  /** The redacted data. */
  data: string;
}

/** A response as another server has sent it: a proxy, or the API in a recording. */
export interface Respond {
  /** The status. */
  status?: number;
  /** The headers; false leaves out one of the usual headers. */
  headers?: Record<string, string | number | false>;
  /** The body: a text, or JSON, sent without spaces in the order written. */
  body?: string | Record<string, unknown> | unknown[];
  /** The file with the body, relative to the scenario file and below its folder. */
  file?: string;
  /** The body as base64, for bytes that are not text. */
  base64?: string;
  /** The time to the first byte, and the gaps before each following event. Default: instant. */
  pace?: "instant" | "haiku" | "sonnet" | "opus" | "fable" | "mythos" | "model" | Pace;
  /** Whether the API's own headers are sent, too. Default: true for a reply, false for a fault. */
  usual_headers?: boolean;
  /** Whether a text body of a reply has placeholders. Default: false. */
  templates?: boolean;
}

/** A condition and a reply: `reply`, `sequence`, `turns` or `choice`. */
export interface Rule {
  /** Name of the rule in the log and in every draw. Keep it, and the draws stay the same when the rule changes. */
  name?: string;
  /** Conditions, all of which must match. A rule without conditions matches every request. */
  when?: When;
  /** The number of times the rule can be selected. Later rules are then tried. */
  times?: number;
  /** The pace of the reply. */
  pace?: "instant" | "haiku" | "sonnet" | "opus" | "fable" | "mythos" | "model" | Pace;
  /** The characters of a streamed delta. */
  chunk_size?: number;
  /** A fault, or a list of faults. */
  fault?: FaultPreset | FaultStatus | Fault | (FaultPreset | FaultStatus | Fault)[];
  /** Whether the reply is sent exactly as written, whatever `max_tokens` and the like in the request. */
  as_written?: boolean;
  /** The origin of a recorded rule. A request that differs from the recorded one gets a note in the log. */
  recorded?: Recorded;
  /** The reply: a text, a step, or a list of steps. */
  reply?: string | Step | RawBlock | Message | (string | Step | RawBlock | Message)[];
  /** Replies selected one after the other. The last one repeats. */
  sequence?: (string | Step | RawBlock | Message | (string | Step | RawBlock | Message)[])[];
  /** Replies by the number of the turn, from 1. The last one is also the reply to later turns. */
  turns?: (string | Step | RawBlock | Message | (string | Step | RawBlock | Message)[])[];
  /** Replies of which one is drawn by weight. */
  choice?: Choice[];
}

/** A `search_result` block of the request. */
export interface SearchResultLocation {
  type: "search_result_location";
  cited_text: string;
  source: string;
  title?: string | null;
  search_result_index?: number;
  start_block_index?: number;
  end_block_index?: number;
}

/** The selected rule. */
export interface SelectedRule {
  id: string;
  name: string | null;
  /** File, line and column. */
  place: string;
}

/** A tool that the API runs: its call, and its result or error. */
export interface ServerToolCall {
  /** The name of the tool. */
  name: string;
  /** The input. */
  input?: Record<string, unknown>;
  /** The result. */
  result?: unknown;
  /** The error code. */
  error?: string;
  /** The id. Default: a generated one. */
  id?: string;
  /** The MCP server of the tool. */
  server_name?: string;
  /** The files that a code execution makes. */
  files?: ToolFile[];
}

/** A step of a reply: exactly one key. */
export type Step = ExactlyOne<{
  /** A text block. */
  text?: string | TextBlock;
  /** A thinking block, signed. */
  thinking?: string | ThinkingBlock;
  /** A redacted_thinking block: its data. */
  redacted_thinking?: string | RedactedThinkingBlock;
  /** A tool_use block: the name of the tool, or a mapping with the input. */
  tool_use?: string | ToolUseBlock;
  /** A call of a tool that the API runs, and its result. */
  server_tool?: ServerToolCall;
  /** A text block with this JSON; `from_schema` generates it from the requested output format. */
  json?: unknown;
  /** A block in the API's own form, sent unchanged. */
  block?: RawBlock;
  /** A message in the API's own form, sent as written, or fields for the message of other steps. */
  message?: MessageFields;
  /** A whole response as another server has sent it; only `disconnect` or `pause: forever` may follow. */
  respond?: Respond;
  /** The auto reply of the built-in scenario. */
  generate?: "auto";
  /** An HTTP error as the first step, an error event later in a stream. */
  error?: ErrorType | number | ErrorReply;
  /** A pause of this duration. */
  pause?: "forever" | (string & {});
  /** The end of the connection: a TCP reset, a cut body, or a regular end of the body before the message ends. */
  disconnect?: "reset" | "close" | "clean";
  /** The stop reason, if it differs from that of the content. */
  stop_reason?: StopReasonName | StopReason;
  /** The result of an item of a batch that has no reply. */
  batch?: "canceled" | "expired";
  /** Token counts that replace the computed ones. */
  usage?: TokenUsage;
}>;

/** The stop reason of the message. */
export interface StopReason {
  /** The stop reason. */
  type: StopReasonName;
  /** The stop sequence in the text. */
  stop_sequence?: string;
  /** The category of a refusal. */
  category?: string;
  /** The explanation of a refusal. */
  explanation?: string;
}

/** A `text` block. */
export interface TextBlock {
  /** The text. */
  text?: string;
  /** The number of its deltas, or instead of `text` a list with the text of each delta. */
  chunks?: number | string[];
  /** The citations. */
  citations?: (CharLocation | PageLocation | ContentBlockLocation | WebSearchResultLocation | SearchResultLocation)[];
}

/** A `thinking` block. Default of the signature: a generated one. */
export interface ThinkingBlock {
  /** The thinking. */
  thinking?: string;
  /** The number of its deltas, or instead of `thinking` a list with the text of each delta. */
  chunks?: number | string[];
  /** The signature. Default: a generated one. */
  signature?: string;
}

/** Token counts that replace the computed ones. */
export interface TokenUsage {
  input_tokens?: number;
  cache_creation_input_tokens?: number;
  cache_read_input_tokens?: number;
  cache_creation?: Record<string, number>;
  output_tokens?: number;
  output_tokens_details?: Record<string, number>;
  server_tool_use?: Record<string, number>;
  service_tier?: "standard" | "priority" | "batch";
  inference_geo?: string;
  speed?: "standard" | "fast";
  iterations?: Record<string, unknown>[];
  fallback_credit?: Record<string, unknown>;
}

/** A file that a code execution makes, which the client can download. */
export interface ToolFile {
  /** The name of the file. */
  name: string;
  /** The text of the file. */
  content?: string;
  /** The bytes of the file in base64, instead of `content`. */
  base64?: string;
}

/** A matcher of a tool result of the current turn. */
export interface ToolResultMatch {
  /** The tool of the result. */
  name?: string | Matcher | (string | Matcher)[];
  /** Whether the result is an error. */
  is_error?: boolean;
  /** The text of the result. */
  content?: string | Matcher | (string | Matcher)[];
}

/** A `tool_use` block. */
export interface ToolUseBlock {
  /** The name of the tool. */
  name: string;
  /** The input. Default: generated from the schema of the tool. */
  input?: Record<string, unknown> | "from_schema";
  /** The input as JSON text, which is streamed as it is, also if it is cut or broken. */
  json?: string;
  /** The number of deltas of the input, or instead of `json` a list with the JSON text of each delta. */
  chunks?: number | string[];
  /** The id. Default: a generated one. */
  id?: string;
  caller?: Record<string, unknown>;
  toolset_name?: string;
}

/** A page that web search found. */
export interface WebSearchResultLocation {
  type: "web_search_result_location";
  cited_text: string;
  url: string;
  title?: string | null;
  encrypted_index?: string;
}

/** The conditions of a rule. All keys must match. */
export interface When {
  /** The text of the current turn: everything since the last assistant message, without an agent's reminders. */
  user?: string | Matcher | (string | Matcher)[];
  /** A tool result of the current turn: the name of its tool, or a mapping with e.g. the `content`. */
  tool_result?: string | ToolResultMatch | (string | ToolResultMatch)[];
  /** The system prompt, system messages included. */
  system?: string | Matcher | (string | Matcher)[];
  /** A text anywhere in the request: the system prompt, all messages, and tool results. */
  anywhere?: string | Matcher | (string | Matcher)[];
  /** The model's name. */
  model?: string | Matcher | (string | Matcher)[];
  /** The name of an offered tool. */
  tools?: string | Matcher | (string | Matcher)[];
  /** Headers and their values. */
  headers?: Record<string, string | Matcher | (string | Matcher)[]>;
  /** A JMESPath expression over the body that must be true, or expressions and their values. */
  body?: string | Record<string, unknown> | (string | Record<string, unknown>)[];
  /** Whether the request asks for a stream. */
  stream?: boolean;
  /** The number of the turn, from 1. */
  turn?: number | number[];
  /** The number of retries before this request: the SDK's header x-stainless-retry-count. */
  retry?: number | number[];
  /** Whether the request is an item of a batch. Default: both. */
  batch?: boolean;
  /** The name of an item of a batch. */
  custom_id?: string | Matcher | (string | Matcher)[];
  /** The endpoint: `messages`, `count_tokens`, `models`, `batches`, `files` or `skills`. Default: `messages`. */
  endpoint?: "messages" | "count_tokens" | "models" | "batches" | "files" | "skills" | ("messages" | "count_tokens" | "models" | "batches" | "files" | "skills")[];
  /** The API whose client sends the request: `anthropic`, `bedrock`, `vertex` or `openai`. Default: any. */
  adapter?: "anthropic" | "bedrock" | "vertex" | "openai" | ("anthropic" | "bedrock" | "vertex" | "openai")[];
}

/** A planned write. */
export interface Write {
  at_us: number;
  bytes: number;
}
