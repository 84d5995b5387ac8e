"""The fields of a request, in the notation of `notation`: `create`, `continue` in a message thread, `count_tokens`.

Source: the SDKs' types (2.12.0, beta namespace), and for fields that these lack, recorded and reported errors.
"""

BODY = """
create = {model: str>=1, messages: [message]>=1<=100000, max_tokens: int>=0, ...prompt, ...creating}
continue = {model: str>=1, messages: [message]<=100000, max_tokens: int>=0, ...settings, ...creating}
count_tokens = {model: str>=1, messages: [message]>=1<=100000, ...prompt, ...counting}

prompt = {system?: str | [text], tools?: [tool], ...settings}
settings = {
  tool_choice?: auto | any_tool_choice | one_tool | no_tool
  thinking?: thinking
  cache_control?: cache_control | null
  output_config?: output_config
  output_format? @structured_outputs: output_format | null
  speed?: 'standard' | 'fast' | null
  context_management? @context_management: {edits?: [edit]} | null
  mcp_servers? @mcp: [mcp_server]
  billing_policy? @billing: {type: 'billing_policy', bill_to?: 'self' | 'user_profile'} | null
  compaction? @summarize: {type: 'summarize', instructions?: str<=16384 | null} | null
}
creating = {
  stream?: bool | null
  stop_sequences?: [str] | null
  metadata?: {user_id?: str<=256 | null} | null
  temperature? @2023-06-01: number | null
  top_p? @2023-06-01: number | null
  top_k? @2023-06-01: int | null
  container?: str | container | null
  diagnostics?: {previous_message_id?: str | null} | null
  inference_geo?: str | null
  service_tier?: 'auto' | 'standard_only'
  fallbacks? @fallbacks: 'default' | [another_model] | null
  fallback_credit_token? @fallback_credit: str | {token: str, mode?: 'strict' | 'best_effort'} | null
  safeguards? @safeguards: [safeguard] | null
  thread? @threads: {type: 'create'} | {type: 'continue', previous_message_id: str} | null
}
safeguard = {type: 'dangerous_tool_use', classifier_context?: object | null}
counting = {speed?: 'standard' | 'fast' | null}
another_model = {model: str>=1, max_tokens?: int>=0 | null, thinking?: thinking | null,
  output_config?: output_config | null, speed?: 'standard' | 'fast' | null}

message = user | assistant | system
user = {role: 'user', content: str | [user_block]}
assistant = {role: 'assistant', content: str | [assistant_block]}
system = {role: 'system', content: str | [system_block], content? @mid_output_config: str | [system_block],
  clear_at? @clear_at: 'next_user_message' | 'never' | null,
  output_config? @mid_output_config: {effort?: effort | null} | null}

auto = {type: 'auto', ...parallel}
any_tool_choice = {type: 'any', ...parallel}
one_tool = {type: 'tool', name: str, ...parallel}
no_tool = {type: 'none'}
parallel = {disable_parallel_tool_use?: bool}

thinking = {type: 'enabled', budget_tokens: int>=1024, ...shown} | {type: 'adaptive', ...shown}
  | {type: 'disabled', ...bound} | {type: 'between_tools', ...bound} | {block_binding: binding} @binding
shown = {display?: 'summarized' | 'omitted' | 'updates' @display_updates | null, ...bound}
bound = {block_binding? @binding: binding | null}
binding = {prefix_mismatch_behavior?: 'error' | 'drop_block' | null}

output_config = {effort?: effort | null, format?: output_format | null, task_budget? @task_budget: task_budget | null}
effort = 'low' | 'medium' | 'high' | 'xhigh' | 'max'
output_format = {type: 'json_schema', schema: object}
task_budget = {type: 'tokens', total: int>=1, remaining?: int>=0 | null}

edit = {type: 'clear_thinking_20251015', keep?: 'all' | {type: 'all'} | {type: 'thinking_turns', value: int>=1}}
  | {type: 'clear_tool_uses_20250919', trigger?: above_tokens | above_tool_uses, keep?: tool_uses,
    clear_at_least?: input_tokens | null, exclude_tools?: [str] | null, clear_tool_inputs?: bool | [str] | null}
  | {type: 'compact_20260112', trigger?: input_tokens | null, instructions?: str | null,
    pause_after_compaction?: bool} @compact_edit
above_tokens = {type: 'input_tokens', value: int>=1}
above_tool_uses = {type: 'tool_uses', value: int>=1}
input_tokens = {type: 'input_tokens', value: int>=0}
tool_uses = {type: 'tool_uses', value: int>=0}

mcp_server = {type: 'url', name: str, url: str, authorization_token?: str | null,
  tool_configuration?: {allowed_tools?: [str] | null, enabled?: bool | null} | null}
container = {id?: str | null, skills?: [skill] | null}
skill = {type: 'anthropic' | 'custom', skill_id: str, version?: str}
"""
