// An app to test: a page with a question, and its server, which asks the model. Replace it by yours.
import { createServer } from "node:http";
import Anthropic from "@anthropic-ai/sdk";

const client = new Anthropic();
const page = `<!doctype html>
<form><label>Question <input name="question"></label> <button>Ask</button></form>
<p role="status"></p>
<script>
  document.forms[0].onsubmit = async (event) => {
    event.preventDefault();
    const question = new FormData(event.target).get("question");
    const response = await fetch("/ask?" + new URLSearchParams({ question }));
    document.querySelector("p").textContent = await response.text();
  };
</script>`;

async function ask(question) {
  const messages = [{ role: "user", content: question }];
  const stream = client.messages.stream({ model: "claude-sonnet-5", max_tokens: 100, messages });
  return stream.finalText();
}

createServer(async (request, response) => {
  const url = new URL(request.url, "http://localhost");
  if (url.pathname === "/ask") {
    const text = await ask(url.searchParams.get("question")).catch(() => "Please try again.");
    response.end(text);
  } else {
    response.setHeader("content-type", "text/html").end(page);
  }
}).listen(Number(process.env.PORT), "127.0.0.1");
