curl -X POST https://api.ezmodel.cloud/v1/messages \
-H "Content-Type: application/json" \
-H "anthropic-version: 2023-06-01" \
-H "x-api-key: YOUR_API_TOKEN" \
-d '{
"model": "claude-3-opus-20240229",
"max_tokens": 1024,
"system": "You are a professional translator. Translate all user input to Chinese.",
"messages": [
{"role": "user", "content": "Hello, how are you today?"}
]
}'
