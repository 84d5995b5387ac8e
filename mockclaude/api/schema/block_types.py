"""The content blocks of a request, in the notation of `notation`.

Source: the SDKs' types (2.12.0, beta namespace). A part that needs a version of the API or a beta has a gate.
"""

CITATIONS = """
citation = char_location | page_location | content_block_location | web_search_result_location | search_result_location
in_document = {cited_text: str, document_index: int, document_title?: str | null, file_id?: str | null}
char_location = {type: 'char_location', ...in_document, end_char_index: int, start_char_index: int}
page_location = {type: 'page_location', ...in_document, end_page_number: int, start_page_number: int}
content_block_location = {type: 'content_block_location', ...in_document, end_block_index: int, start_block_index: int}
web_search_result_location =
  {type: 'web_search_result_location', cited_text: str, encrypted_index: str, title?: str | null, url: str}
search_result_location = {type: 'search_result_location', cited_text: str, end_block_index: int,
  search_result_index: int, source: str, start_block_index: int, title?: str | null}
"""

BLOCKS = (
    CITATIONS
    + """
cache_control = | {type: 'ephemeral', ttl?: '5m' | '1h' | null, scope? @cache_scope: str | null}
cached = {cache_control?: cache_control | null}
enabled = {enabled?: bool}

text = {type: 'text', text: str, citations?: [citation] | null, ...cached}
user_text = {type: 'text', text: str, citations? @2023-06-01: [citation] | null,
  citations? @2026-10-21: [citation]<=0 | null, ...cached}

image = {type: 'image', source: image_base64 | url | file, transformations?: transformations | null, ...cached}
image_base64 = {type: 'base64', media_type: 'image/jpeg' | 'image/png' | 'image/gif' | 'image/webp', data: str}
url = {type: 'url', url: str}
file = {type: 'file', file_id: str}
transformations = {oversized_image?: 'downsize' | 'error'}

document = {type: 'document', source: pdf_base64 | plain_text | content | url | file, citations?: enabled | null,
  context?: str | null, title?: str | null, ...cached}
pdf_base64 = {type: 'base64', media_type: 'application/pdf', data: str}
plain_text = {type: 'text', media_type: 'text/plain', data: str}
content = {type: 'content', content: str | [text | image]}
search_result = {type: 'search_result', source: str, title: str, content: [user_text], citations?: enabled | null,
  ...cached}

thinking_block = {type: 'thinking', thinking: str, signature: str}
redacted_thinking = {type: 'redacted_thinking', data: str}

caller = {type: 'direct'} | executed_20250825 | executed_20260120
executed_20250825 = {type: 'code_execution_20250825', tool_id: str}
executed_20260120 = {type: 'code_execution_20260120', tool_id: str}
called = {caller?: caller | null, ...cached}
tool_use = {type: 'tool_use', id: str~'^[a-zA-Z0-9_-]+$', name: str>=1<=200, input: object,
  toolset_name?: str | null, ...called}
tool_result = {type: 'tool_result', tool_use_id: str~'^[a-zA-Z0-9_-]+$', is_error?: bool | null,
  content?: str | [text | image | search_result | document | tool_reference | browser_state] | null,
  toolset_name?: str | null, ...cached}
tool_reference = {type: 'tool_reference', tool_name: str<=64, ...cached}
browser_state = {type: 'browser_state', tabs: [browser_tab], state_changes?: [browser_change] | null, ...cached}
browser_tab = {tab_id: str, title: str, url: str, active?: bool}
browser_change = {type: 'tab_opened', tab_id: str}
  | {type: 'download_started', download_id: str, url: str}
  | {type: 'download_completed', download_id: str, url: str, path?: str | null, size_bytes?: int | null}
  | {type: 'download_failed', download_id: str, url: str, error?: str | null}

server_tool_use = {type: 'server_tool_use', id: str~'^srvtoolu_[a-zA-Z0-9_]+$', input: object, name: server_tool_name,
  ...called}
server_tool_name = 'web_search' | 'web_fetch' | 'code_execution' | 'bash_code_execution' | 'text_editor_code_execution'
  | 'tool_search_tool_regex' | 'tool_search_tool_bm25' | 'advisor' @advisor
web_search_tool_result = {type: 'web_search_tool_result', tool_use_id: str, ...called,
  content: [web_search_result] | web_search_error}
web_search_result =
  {type: 'web_search_result', encrypted_content: str, title: str, url: str, page_age?: str | null}
web_search_error = {type: 'web_search_tool_result_error', error_code: failure | 'max_uses_exceeded' | 'query_too_long'
  | 'request_too_large'}
failure = 'invalid_tool_input' | 'unavailable' | 'too_many_requests'
web_fetch_tool_result = {type: 'web_fetch_tool_result', tool_use_id: str, ...called,
  content: {type: 'web_fetch_tool_result_error', error_code: failure | 'url_too_long' | 'url_not_allowed'
       | 'url_not_in_prior_context' | 'url_not_accessible' | 'unsupported_content_type' | 'max_uses_exceeded'
       | 'content_too_large'}
    | {type: 'web_fetch_result', url: str, content: document, retrieved_at?: str | null}}

answered = {tool_use_id: str, ...cached}
code_execution_tool_result = {type: 'code_execution_tool_result', ...answered,
  content: {type: 'code_execution_tool_result_error', error_code: code_failure}
    | {type: 'code_execution_result', stdout: str, content: [code_output], ...executed}
    | {type: 'encrypted_code_execution_result', encrypted_stdout: str, content: [code_output], ...executed}}
executed = {stderr: str, return_code: int, abort_reason?: str | null}
code_failure = failure | 'execution_time_exceeded'
code_output = {type: 'code_execution_output', file_id: str}
bash_code_execution_tool_result = {type: 'bash_code_execution_tool_result', ...answered,
  content: {type: 'bash_code_execution_tool_result_error', error_code: code_failure | 'output_file_too_large'}
    | {type: 'bash_code_execution_result', stdout: str, content: [bash_output], ...executed}}
bash_output = {type: 'bash_code_execution_output', file_id: str}
text_editor_code_execution_tool_result = {type: 'text_editor_code_execution_tool_result', ...answered,
  content: {type: 'text_editor_code_execution_tool_result_error', error_code: code_failure | 'file_not_found',
       error_message?: str | null}
    | {type: 'text_editor_code_execution_view_result', content: str, file_type: 'text' | 'image' | 'pdf',
       num_lines?: int | null, start_line?: int | null, total_lines?: int | null}
    | {type: 'text_editor_code_execution_create_result', is_file_update: bool}
    | {type: 'text_editor_code_execution_str_replace_result', lines?: [str] | null, new_lines?: int | null,
       new_start?: int | null, old_lines?: int | null, old_start?: int | null}}
tool_search_tool_result = {type: 'tool_search_tool_result', ...answered,
  content: {type: 'tool_search_tool_result_error', error_code: code_failure, error_message?: str | null}
    | {type: 'tool_search_tool_search_result', tool_references: [tool_reference]}}
container_upload = {type: 'container_upload', file_id: str, ...cached}

advisor_tool_result = {type: 'advisor_tool_result', ...answered,
  content: {type: 'advisor_tool_result_error', error_code: 'unavailable' | 'too_many_requests' | 'max_uses_exceeded'
       | 'execution_time_exceeded' | 'prompt_too_long' | 'overloaded' | 'model_not_found'}
    | {type: 'advisor_result', text: str, stop_reason?: str | null}
    | {type: 'advisor_redacted_result', encrypted_content: str, stop_reason?: str | null}}
mcp_tool_use = {type: 'mcp_tool_use', id: str, name: str, server_name: str, input: object, ...cached}
mcp_tool_result = {type: 'mcp_tool_result', ...answered, content?: str | [text], is_error?: bool}
mcp_tool_listing = {type: 'mcp_tool_listing', mcp_server_name: str, tools: [mcp_tool]}
mcp_tool = {name: str, input_schema: object, description?: str | null}
compaction = {type: 'compaction', content?: str | null, encrypted_content?: str | null, signature?: str | null,
  tool_changes?: [tool_addition | tool_removal] | null, ...cached}
fallback = {type: 'fallback', from: {model: str}, to: {model: str}, trigger?: any}
tool_addition = {type: 'tool_addition', ...cached,
  tool: tool_name | mcp_tool_name | mcp_toolset_name | {type: 'tool_definition', definition: tool} @inline_tools}
tool_removal = {type: 'tool_removal', tool: tool_name | mcp_tool_name | mcp_toolset_name, ...cached}
tool_name = {type: 'tool_reference', name: str}
mcp_tool_name = {type: 'mcp_tool_reference', name: str, server_name: str}
mcp_toolset_name = {type: 'mcp_toolset_reference', server_name: str}

shared_block = image | search_result | thinking_block | redacted_thinking | tool_use | tool_result | server_tool_use
  | web_search_tool_result | web_fetch_tool_result | code_execution_tool_result | bash_code_execution_tool_result
  | text_editor_code_execution_tool_result | tool_search_tool_result | container_upload
  | advisor_tool_result @advisor | mcp_tool_use @mcp | mcp_tool_result @mcp | mcp_tool_listing @mcp
  | compaction @compaction | fallback @fallbacks | tool_addition @tool_changes | tool_removal @tool_changes
user_block = shared_block | user_text | document
system_block = shared_block | text | document
assistant_block = shared_block | text | document @2023-06-01
"""
)
