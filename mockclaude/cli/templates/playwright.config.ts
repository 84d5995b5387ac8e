import { defineConfig } from "@playwright/test";

// The app has one API key, that of the lane of worker 0. So there is one worker.
export default defineConfig({
  testDir: "e2e",
  workers: 1,
  use: {
    baseURL: "http://127.0.0.1:4140",
    launchOptions: { executablePath: process.env.CHROMIUM }, // unset: the browser of `npx playwright install chromium`
  },
  webServer: {
    command: "node e2e/app.mjs", // your app
    url: "http://127.0.0.1:4140",
    env: { PORT: "4140", ANTHROPIC_API_KEY: "mock-playwright-0" },
  },
});
