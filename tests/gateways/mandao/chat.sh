curl --location 'https://ai-api.mandao.com/v1/messages' \
--header 'x-api-key: <your-api-key>' \
--header 'anthropic-version: 2023-06-01' \
--header 'Content-Type: application/json' \
--data '{
"model": "claude-opus-4-6",
"messages": [
{
"role": "user",
"content": "What should I search for to find the latest developments in renewable energy?"
}
],
"max_tokens": 1000
}'
