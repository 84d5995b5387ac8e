curl https://api.wrouter.io/v1/messages \
-H "x-api-key: $WROUTER_API_KEY" \
-H "anthropic-version: 2023-06-01" \
-H "Content-Type: application/json" \
-d '{
"model": "claude-sonnet-4-5",
"max_tokens": 1024,
"messages": [{"role":"user","content":"用一句话介绍 wrouter"}]
}'
