// @swc/jest compiles TypeScript. ts-jest and babel-jest do as well.
export default { testMatch: ["**/tests/**/*.test.ts"], transform: { "\\.ts$": "@swc/jest" } };
