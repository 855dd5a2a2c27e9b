/**
 * Spans of the Vercel AI SDK as its versions write them: `ai` 4.3.19, 5.0.277, 6.0.326, 7.0.173 with `@ai-sdk/otel` 1.0.173 (both of its
 * modes), each a `generateText` with one tool over a mock model. Recorded with an in-memory exporter; ids and times made equal.
 */
export const spans = {
  "4": {
    calls: {
      name: "ai.generateText.doGenerate",
      scope: "ai",
      attributes: {
        "operation.name": "ai.generateText.doGenerate support",
        "resource.name": "support",
        "ai.operationId": "ai.generateText.doGenerate",
        "ai.telemetry.functionId": "support",
        "ai.model.provider": "anthropic.messages",
        "ai.model.id": "claude-3-5-sonnet",
        "ai.settings.temperature": 0.2,
        "ai.settings.maxTokens": 99,
        "ai.settings.maxRetries": 2,
        "ai.telemetry.metadata.sessionId": "s-1",
        "ai.telemetry.metadata.userId": "u1",
        "ai.telemetry.metadata.plan": "pro",
        "ai.prompt.format": "messages",
        "ai.prompt.messages":
          '[{"role":"system","content":"be brief"},{"role":"user","content":[{"type":"text","text":"refund?"}]}]',
        "ai.prompt.tools": [
          '{"type":"function","name":"search","description":"search","parameters":{"type":"object","properties":{"q":{"type":"string"}},"required":["q"],"additionalProperties":false,"$schema":"http://json-schema.org/draft-07/schema#"}}'
        ],
        "ai.prompt.toolChoice": '{"type":"auto"}',
        "gen_ai.system": "anthropic.messages",
        "gen_ai.request.model": "claude-3-5-sonnet",
        "gen_ai.request.max_tokens": 99,
        "gen_ai.request.temperature": 0.2,
        "ai.response.finishReason": "tool-calls",
        "ai.response.toolCalls":
          '[{"toolCallType":"function","toolCallId":"c1","toolName":"search","args":"{\\"q\\":\\"refund\\"}"}]',
        "ai.response.id": "aitxt-1",
        "ai.response.model": "claude-3-5-sonnet",
        "ai.response.timestamp": "2026-11-21T08:52:31.000Z",
        "ai.usage.promptTokens": 10,
        "ai.usage.completionTokens": 20,
        "gen_ai.response.finish_reasons": ["tool-calls"],
        "gen_ai.response.id": "aitxt-1",
        "gen_ai.response.model": "claude-3-5-sonnet",
        "gen_ai.usage.input_tokens": 10,
        "gen_ai.usage.output_tokens": 20
      }
    },
    answers: {
      name: "ai.generateText.doGenerate",
      scope: "ai",
      attributes: {
        "operation.name": "ai.generateText.doGenerate support",
        "resource.name": "support",
        "ai.operationId": "ai.generateText.doGenerate",
        "ai.telemetry.functionId": "support",
        "ai.model.provider": "anthropic.messages",
        "ai.model.id": "claude-3-5-sonnet",
        "ai.settings.temperature": 0.2,
        "ai.settings.maxTokens": 99,
        "ai.settings.maxRetries": 2,
        "ai.telemetry.metadata.sessionId": "s-1",
        "ai.telemetry.metadata.userId": "u1",
        "ai.telemetry.metadata.plan": "pro",
        "ai.prompt.format": "messages",
        "ai.prompt.messages":
          '[{"role":"system","content":"be brief"},{"role":"user","content":[{"type":"text","text":"refund?"}]},{"role":"assistant","content":[{"type":"tool-call","toolCallId":"c1","toolName":"search","args":{"q":"refund"}}]},{"role":"tool","content":[{"type":"tool-result","toolCallId":"c1","toolName":"search","result":{"hits":["refund"]}}]}]',
        "ai.prompt.tools": [
          '{"type":"function","name":"search","description":"search","parameters":{"type":"object","properties":{"q":{"type":"string"}},"required":["q"],"additionalProperties":false,"$schema":"http://json-schema.org/draft-07/schema#"}}'
        ],
        "ai.prompt.toolChoice": '{"type":"auto"}',
        "gen_ai.system": "anthropic.messages",
        "gen_ai.request.model": "claude-3-5-sonnet",
        "gen_ai.request.max_tokens": 99,
        "gen_ai.request.temperature": 0.2,
        "ai.response.finishReason": "stop",
        "ai.response.text": "See a.md",
        "ai.response.id": "aitxt-1",
        "ai.response.model": "claude-3-5-sonnet",
        "ai.response.timestamp": "2026-11-21T08:52:31.000Z",
        "ai.response.providerMetadata": '{"anthropic":{"cacheCreationInputTokens":0,"cacheReadInputTokens":90}}',
        "ai.usage.promptTokens": 12,
        "ai.usage.completionTokens": 5,
        "gen_ai.response.finish_reasons": ["stop"],
        "gen_ai.response.id": "aitxt-1",
        "gen_ai.response.model": "claude-3-5-sonnet",
        "gen_ai.usage.input_tokens": 12,
        "gen_ai.usage.output_tokens": 5
      }
    },
    tool: {
      name: "ai.toolCall",
      scope: "ai",
      attributes: {
        "operation.name": "ai.toolCall support",
        "resource.name": "support",
        "ai.operationId": "ai.toolCall",
        "ai.telemetry.functionId": "support",
        "ai.toolCall.name": "search",
        "ai.toolCall.id": "c1",
        "ai.toolCall.args": '{"q":"refund"}',
        "ai.toolCall.result": '{"hits":["refund"]}'
      }
    },
    outer: {
      name: "ai.generateText",
      scope: "ai",
      attributes: {
        "operation.name": "ai.generateText support",
        "resource.name": "support",
        "ai.operationId": "ai.generateText",
        "ai.telemetry.functionId": "support",
        "ai.model.provider": "anthropic.messages",
        "ai.model.id": "claude-3-5-sonnet",
        "ai.settings.temperature": 0.2,
        "ai.settings.maxTokens": 99,
        "ai.settings.maxRetries": 2,
        "ai.telemetry.metadata.sessionId": "s-1",
        "ai.telemetry.metadata.userId": "u1",
        "ai.telemetry.metadata.plan": "pro",
        "ai.prompt": '{"messages":[{"role":"system","content":"be brief"},{"role":"user","content":"refund?"}]}',
        "ai.settings.maxSteps": 3,
        "ai.response.finishReason": "stop",
        "ai.response.text": "See a.md",
        "ai.usage.promptTokens": 12,
        "ai.usage.completionTokens": 5,
        "ai.response.providerMetadata": '{"anthropic":{"cacheCreationInputTokens":0,"cacheReadInputTokens":90}}'
      }
    }
  },
  "5": {
    calls: {
      name: "ai.generateText.doGenerate",
      scope: "ai",
      attributes: {
        "operation.name": "ai.generateText.doGenerate support",
        "resource.name": "support",
        "ai.operationId": "ai.generateText.doGenerate",
        "ai.telemetry.functionId": "support",
        "ai.model.provider": "openai.responses",
        "ai.model.id": "gpt-5",
        "ai.settings.maxOutputTokens": 99,
        "ai.settings.temperature": 0.2,
        "ai.settings.maxRetries": 2,
        "ai.telemetry.metadata.sessionId": "s-1",
        "ai.telemetry.metadata.userId": "u1",
        "ai.telemetry.metadata.plan": "pro",
        "ai.request.headers.user-agent": "ai/5.0.277",
        "ai.prompt.messages":
          '[{"role":"system","content":"be brief"},{"role":"user","content":[{"type":"text","text":"refund?"}]}]',
        "ai.prompt.tools": [
          '{"type":"function","name":"search","description":"search","inputSchema":{"type":"object","properties":{"q":{"type":"string"}},"required":["q"],"additionalProperties":false,"$schema":"http://json-schema.org/draft-07/schema#"}}'
        ],
        "ai.prompt.toolChoice": '{"type":"auto"}',
        "gen_ai.system": "openai.responses",
        "gen_ai.request.model": "gpt-5",
        "gen_ai.request.max_tokens": 99,
        "gen_ai.request.temperature": 0.2,
        "ai.response.finishReason": "tool-calls",
        "ai.response.toolCalls": '[{"toolCallId":"c1","toolName":"search","input":"{\\"q\\":\\"refund\\"}"}]',
        "ai.response.id": "aitxt-1",
        "ai.response.model": "gpt-5",
        "ai.response.timestamp": "2026-11-21T08:52:31.000Z",
        "ai.usage.promptTokens": 10,
        "ai.usage.completionTokens": 20,
        "gen_ai.response.finish_reasons": ["tool-calls"],
        "gen_ai.response.id": "aitxt-1",
        "gen_ai.response.model": "gpt-5",
        "gen_ai.usage.input_tokens": 10,
        "gen_ai.usage.output_tokens": 20
      }
    },
    answers: {
      name: "ai.generateText.doGenerate",
      scope: "ai",
      attributes: {
        "operation.name": "ai.generateText.doGenerate support",
        "resource.name": "support",
        "ai.operationId": "ai.generateText.doGenerate",
        "ai.telemetry.functionId": "support",
        "ai.model.provider": "openai.responses",
        "ai.model.id": "gpt-5",
        "ai.settings.maxOutputTokens": 99,
        "ai.settings.temperature": 0.2,
        "ai.settings.maxRetries": 2,
        "ai.telemetry.metadata.sessionId": "s-1",
        "ai.telemetry.metadata.userId": "u1",
        "ai.telemetry.metadata.plan": "pro",
        "ai.request.headers.user-agent": "ai/5.0.277",
        "ai.prompt.messages":
          '[{"role":"system","content":"be brief"},{"role":"user","content":[{"type":"text","text":"refund?"}]},{"role":"assistant","content":[{"type":"tool-call","toolCallId":"c1","toolName":"search","input":{"q":"refund"}}]},{"role":"tool","content":[{"type":"tool-result","toolCallId":"c1","toolName":"search","output":{"type":"json","value":{"hits":["refund"]}}}]}]',
        "ai.prompt.tools": [
          '{"type":"function","name":"search","description":"search","inputSchema":{"type":"object","properties":{"q":{"type":"string"}},"required":["q"],"additionalProperties":false,"$schema":"http://json-schema.org/draft-07/schema#"}}'
        ],
        "ai.prompt.toolChoice": '{"type":"auto"}',
        "gen_ai.system": "openai.responses",
        "gen_ai.request.model": "gpt-5",
        "gen_ai.request.max_tokens": 99,
        "gen_ai.request.temperature": 0.2,
        "ai.response.finishReason": "stop",
        "ai.response.text": "See a.md",
        "ai.response.id": "aitxt-1",
        "ai.response.model": "gpt-5",
        "ai.response.timestamp": "2026-11-21T08:52:31.000Z",
        "ai.usage.promptTokens": 12,
        "ai.usage.completionTokens": 5,
        "gen_ai.response.finish_reasons": ["stop"],
        "gen_ai.response.id": "aitxt-1",
        "gen_ai.response.model": "gpt-5",
        "gen_ai.usage.input_tokens": 12,
        "gen_ai.usage.output_tokens": 5
      }
    },
    tool: {
      name: "ai.toolCall",
      scope: "ai",
      attributes: {
        "operation.name": "ai.toolCall support",
        "resource.name": "support",
        "ai.operationId": "ai.toolCall",
        "ai.telemetry.functionId": "support",
        "ai.telemetry.metadata.sessionId": "s-1",
        "ai.telemetry.metadata.userId": "u1",
        "ai.telemetry.metadata.plan": "pro",
        "ai.toolCall.name": "search",
        "ai.toolCall.id": "c1",
        "ai.toolCall.args": '{"q":"refund"}',
        "ai.toolCall.result": '{"hits":["refund"]}'
      }
    },
    outer: {
      name: "ai.generateText",
      scope: "ai",
      attributes: {
        "operation.name": "ai.generateText support",
        "resource.name": "support",
        "ai.operationId": "ai.generateText",
        "ai.telemetry.functionId": "support",
        "ai.model.provider": "openai.responses",
        "ai.model.id": "gpt-5",
        "ai.settings.maxOutputTokens": 99,
        "ai.settings.temperature": 0.2,
        "ai.settings.maxRetries": 2,
        "ai.telemetry.metadata.sessionId": "s-1",
        "ai.telemetry.metadata.userId": "u1",
        "ai.telemetry.metadata.plan": "pro",
        "ai.request.headers.user-agent": "ai/5.0.277",
        "ai.prompt": '{"messages":[{"role":"system","content":"be brief"},{"role":"user","content":"refund?"}]}',
        "ai.response.finishReason": "stop",
        "ai.response.text": "See a.md",
        "ai.usage.promptTokens": 12,
        "ai.usage.completionTokens": 5
      }
    }
  },
  "6": {
    calls: {
      name: "ai.generateText.doGenerate",
      scope: "ai",
      attributes: {
        "operation.name": "ai.generateText.doGenerate support",
        "resource.name": "support",
        "ai.operationId": "ai.generateText.doGenerate",
        "ai.telemetry.functionId": "support",
        "ai.model.provider": "openai.responses",
        "ai.model.id": "gpt-5",
        "ai.settings.maxOutputTokens": 99,
        "ai.settings.temperature": 0.2,
        "ai.settings.maxRetries": 2,
        "ai.telemetry.metadata.sessionId": "s-1",
        "ai.telemetry.metadata.userId": "u1",
        "ai.telemetry.metadata.plan": "pro",
        "ai.request.headers.user-agent": "ai/6.0.326",
        "ai.prompt.messages":
          '[{"role":"system","content":"be brief"},{"role":"user","content":[{"type":"text","text":"refund?"}]}]',
        "ai.prompt.tools": [
          '{"type":"function","name":"search","description":"search","inputSchema":{"type":"object","properties":{"q":{"type":"string"}},"required":["q"],"additionalProperties":false,"$schema":"http://json-schema.org/draft-07/schema#"}}'
        ],
        "ai.prompt.toolChoice": '{"type":"auto"}',
        "gen_ai.system": "openai.responses",
        "gen_ai.request.model": "gpt-5",
        "gen_ai.request.max_tokens": 99,
        "gen_ai.request.temperature": 0.2,
        "ai.response.finishReason": "tool-calls",
        "ai.response.toolCalls": '[{"toolCallId":"c1","toolName":"search","input":"{\\"q\\":\\"refund\\"}"}]',
        "ai.response.id": "aitxt-1",
        "ai.response.model": "gpt-5",
        "ai.response.timestamp": "2026-11-21T08:52:31.000Z",
        "ai.usage.inputTokens": 10,
        "ai.usage.inputTokenDetails.noCacheTokens": 6,
        "ai.usage.inputTokenDetails.cacheReadTokens": 4,
        "ai.usage.inputTokenDetails.cacheWriteTokens": 0,
        "ai.usage.outputTokens": 20,
        "ai.usage.outputTokenDetails.textTokens": 18,
        "ai.usage.outputTokenDetails.reasoningTokens": 2,
        "ai.usage.totalTokens": 30,
        "ai.usage.reasoningTokens": 2,
        "ai.usage.cachedInputTokens": 4,
        "gen_ai.response.finish_reasons": ["tool-calls"],
        "gen_ai.response.id": "aitxt-1",
        "gen_ai.response.model": "gpt-5",
        "gen_ai.usage.input_tokens": 10,
        "gen_ai.usage.output_tokens": 20
      }
    },
    answers: {
      name: "ai.generateText.doGenerate",
      scope: "ai",
      attributes: {
        "operation.name": "ai.generateText.doGenerate support",
        "resource.name": "support",
        "ai.operationId": "ai.generateText.doGenerate",
        "ai.telemetry.functionId": "support",
        "ai.model.provider": "openai.responses",
        "ai.model.id": "gpt-5",
        "ai.settings.maxOutputTokens": 99,
        "ai.settings.temperature": 0.2,
        "ai.settings.maxRetries": 2,
        "ai.telemetry.metadata.sessionId": "s-1",
        "ai.telemetry.metadata.userId": "u1",
        "ai.telemetry.metadata.plan": "pro",
        "ai.request.headers.user-agent": "ai/6.0.326",
        "ai.prompt.messages":
          '[{"role":"system","content":"be brief"},{"role":"user","content":[{"type":"text","text":"refund?"}]},{"role":"assistant","content":[{"type":"tool-call","toolCallId":"c1","toolName":"search","input":{"q":"refund"}}]},{"role":"tool","content":[{"type":"tool-result","toolCallId":"c1","toolName":"search","output":{"type":"json","value":{"hits":["refund"]}}}]}]',
        "ai.prompt.tools": [
          '{"type":"function","name":"search","description":"search","inputSchema":{"type":"object","properties":{"q":{"type":"string"}},"required":["q"],"additionalProperties":false,"$schema":"http://json-schema.org/draft-07/schema#"}}'
        ],
        "ai.prompt.toolChoice": '{"type":"auto"}',
        "gen_ai.system": "openai.responses",
        "gen_ai.request.model": "gpt-5",
        "gen_ai.request.max_tokens": 99,
        "gen_ai.request.temperature": 0.2,
        "ai.response.finishReason": "stop",
        "ai.response.text": "See a.md",
        "ai.response.id": "aitxt-1",
        "ai.response.model": "gpt-5",
        "ai.response.timestamp": "2026-11-21T08:52:31.000Z",
        "ai.usage.inputTokens": 12,
        "ai.usage.inputTokenDetails.noCacheTokens": 8,
        "ai.usage.inputTokenDetails.cacheReadTokens": 4,
        "ai.usage.inputTokenDetails.cacheWriteTokens": 0,
        "ai.usage.outputTokens": 5,
        "ai.usage.outputTokenDetails.textTokens": 3,
        "ai.usage.outputTokenDetails.reasoningTokens": 2,
        "ai.usage.totalTokens": 17,
        "ai.usage.reasoningTokens": 2,
        "ai.usage.cachedInputTokens": 4,
        "gen_ai.response.finish_reasons": ["stop"],
        "gen_ai.response.id": "aitxt-1",
        "gen_ai.response.model": "gpt-5",
        "gen_ai.usage.input_tokens": 12,
        "gen_ai.usage.output_tokens": 5
      }
    },
    tool: {
      name: "ai.toolCall",
      scope: "ai",
      attributes: {
        "operation.name": "ai.toolCall support",
        "resource.name": "support",
        "ai.operationId": "ai.toolCall",
        "ai.telemetry.functionId": "support",
        "ai.telemetry.metadata.sessionId": "s-1",
        "ai.telemetry.metadata.userId": "u1",
        "ai.telemetry.metadata.plan": "pro",
        "ai.toolCall.name": "search",
        "ai.toolCall.id": "c1",
        "ai.toolCall.args": '{"q":"refund"}',
        "ai.toolCall.result": '{"hits":["refund"]}'
      }
    },
    outer: {
      name: "ai.generateText",
      scope: "ai",
      attributes: {
        "operation.name": "ai.generateText support",
        "resource.name": "support",
        "ai.operationId": "ai.generateText",
        "ai.telemetry.functionId": "support",
        "ai.model.provider": "openai.responses",
        "ai.model.id": "gpt-5",
        "ai.settings.maxOutputTokens": 99,
        "ai.settings.temperature": 0.2,
        "ai.settings.maxRetries": 2,
        "ai.telemetry.metadata.sessionId": "s-1",
        "ai.telemetry.metadata.userId": "u1",
        "ai.telemetry.metadata.plan": "pro",
        "ai.request.headers.user-agent": "ai/6.0.326",
        "ai.prompt": '{"messages":[{"role":"system","content":"be brief"},{"role":"user","content":"refund?"}]}',
        "ai.response.finishReason": "stop",
        "ai.response.text": "See a.md",
        "ai.usage.inputTokens": 22,
        "ai.usage.inputTokenDetails.noCacheTokens": 14,
        "ai.usage.inputTokenDetails.cacheReadTokens": 8,
        "ai.usage.inputTokenDetails.cacheWriteTokens": 0,
        "ai.usage.outputTokens": 25,
        "ai.usage.outputTokenDetails.textTokens": 21,
        "ai.usage.outputTokenDetails.reasoningTokens": 4,
        "ai.usage.totalTokens": 47,
        "ai.usage.reasoningTokens": 4,
        "ai.usage.cachedInputTokens": 8
      }
    }
  },
  "7": {
    calls: {
      name: "chat gpt-5",
      scope: "ai",
      attributes: {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-5",
        "gen_ai.request.max_tokens": 99,
        "gen_ai.request.temperature": 0.2,
        "gen_ai.system_instructions": '[{"type":"text","content":"be brief"}]',
        "gen_ai.input.messages": '[{"role":"user","parts":[{"type":"text","content":"refund?"}]}]',
        "gen_ai.tool.definitions":
          '[{"type":"function","name":"search","inputSchema":{"type":"object","properties":{"q":{"type":"string"}},"required":["q"],"additionalProperties":false,"$schema":"http://json-schema.org/draft-07/schema#"},"description":"search"}]',
        "gen_ai.client.operation.duration": 0.0004836199999999735,
        "gen_ai.response.finish_reasons": ["tool-calls"],
        "gen_ai.response.id": "aitxt-1",
        "gen_ai.response.model": "gpt-5",
        "gen_ai.usage.input_tokens": 10,
        "gen_ai.usage.output_tokens": 20,
        "gen_ai.usage.cache_read.input_tokens": 4,
        "gen_ai.usage.cache_creation.input_tokens": 0,
        "gen_ai.output.messages":
          '[{"role":"assistant","parts":[{"type":"tool_call","id":"c1","name":"search","arguments":{"q":"refund"}}],"finish_reason":"tool_call"}]'
      }
    },
    answers: {
      name: "chat gpt-5",
      scope: "ai",
      attributes: {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-5",
        "gen_ai.request.max_tokens": 99,
        "gen_ai.request.temperature": 0.2,
        "gen_ai.system_instructions": '[{"type":"text","content":"be brief"}]',
        "gen_ai.input.messages":
          '[{"role":"user","parts":[{"type":"text","content":"refund?"}]},{"role":"assistant","parts":[{"type":"tool_call","id":"c1","name":"search","arguments":{"q":"refund"}}]},{"role":"tool","parts":[{"type":"tool_call_response","id":"c1","response":{"hits":["refund"]}}]}]',
        "gen_ai.tool.definitions":
          '[{"type":"function","name":"search","inputSchema":{"type":"object","properties":{"q":{"type":"string"}},"required":["q"],"additionalProperties":false,"$schema":"http://json-schema.org/draft-07/schema#"},"description":"search"}]',
        "gen_ai.client.operation.duration": 0.00034675699999996823,
        "gen_ai.response.finish_reasons": ["stop"],
        "gen_ai.response.id": "aitxt-1",
        "gen_ai.response.model": "gpt-5",
        "gen_ai.usage.input_tokens": 12,
        "gen_ai.usage.output_tokens": 5,
        "gen_ai.usage.cache_read.input_tokens": 4,
        "gen_ai.usage.cache_creation.input_tokens": 0,
        "gen_ai.output.messages":
          '[{"role":"assistant","parts":[{"type":"text","content":"See a.md"}],"finish_reason":"stop"}]'
      }
    },
    tool: {
      name: "execute_tool search",
      scope: "ai",
      attributes: {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "search",
        "gen_ai.tool.call.id": "c1",
        "gen_ai.tool.type": "function",
        "gen_ai.tool.call.arguments": '{"q":"refund"}',
        "gen_ai.execute_tool.duration": 0.000018287000000043463,
        "gen_ai.tool.call.result": '{"hits":["refund"]}'
      }
    },
    outer: {
      name: "invoke_agent gpt-5",
      scope: "ai",
      attributes: {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-5",
        "gen_ai.agent.name": "support",
        "gen_ai.request.max_tokens": 99,
        "gen_ai.request.temperature": 0.2,
        "gen_ai.system_instructions": '[{"type":"text","content":"be brief"}]',
        "gen_ai.input.messages": '[{"role":"user","parts":[{"type":"text","content":"refund?"}]}]',
        "gen_ai.response.finish_reasons": ["stop"],
        "gen_ai.usage.input_tokens": 22,
        "gen_ai.usage.output_tokens": 25,
        "gen_ai.usage.cache_read.input_tokens": 8,
        "gen_ai.usage.cache_creation.input_tokens": 0,
        "gen_ai.output.messages":
          '[{"role":"assistant","parts":[{"type":"text","content":"See a.md"},{"type":"tool_call","id":"c1","name":"search","arguments":{"q":"refund"}},{"type":"tool_call_response","id":"c1","response":{"hits":["refund"]}}],"finish_reason":"stop"}]'
      }
    }
  },
  "7 (legacy)": {
    calls: {
      name: "ai.generateText.doGenerate",
      scope: "ai",
      attributes: {
        "operation.name": "ai.generateText.doGenerate support",
        "resource.name": "support",
        "ai.operationId": "ai.generateText.doGenerate",
        "ai.telemetry.functionId": "support",
        "ai.model.provider": "openai.responses",
        "ai.model.id": "gpt-5",
        "ai.settings.maxOutputTokens": 99,
        "ai.settings.temperature": 0.2,
        "ai.settings.maxRetries": 2,
        "ai.request.headers.user-agent": "ai/7.0.173",
        "ai.prompt.messages":
          '[{"role":"system","content":"be brief"},{"role":"user","content":[{"type":"text","text":"refund?"}]}]',
        "ai.prompt.tools": [
          '{"type":"function","name":"search","inputSchema":{"type":"object","properties":{"q":{"type":"string"}},"required":["q"],"additionalProperties":false,"$schema":"http://json-schema.org/draft-07/schema#"},"description":"search"}'
        ],
        "ai.prompt.toolChoice": '{"type":"auto"}',
        "gen_ai.system": "openai.responses",
        "gen_ai.request.model": "gpt-5",
        "gen_ai.request.max_tokens": 99,
        "gen_ai.request.temperature": 0.2,
        "ai.response.finishReason": "tool-calls",
        "ai.response.text": "",
        "ai.response.toolCalls": '[{"toolCallId":"c1","toolName":"search","input":{"q":"refund"}}]',
        "ai.response.id": "aitxt-1",
        "ai.response.model": "gpt-5",
        "ai.response.timestamp": "2026-11-21T08:52:31.000Z",
        "ai.usage.inputTokens": 10,
        "ai.usage.outputTokens": 20,
        "ai.usage.totalTokens": 30,
        "ai.usage.reasoningTokens": 2,
        "ai.usage.cachedInputTokens": 4,
        "ai.usage.inputTokenDetails.noCacheTokens": 6,
        "ai.usage.inputTokenDetails.cacheReadTokens": 4,
        "ai.usage.inputTokenDetails.cacheWriteTokens": 0,
        "ai.usage.outputTokenDetails.textTokens": 18,
        "ai.usage.outputTokenDetails.reasoningTokens": 2,
        "gen_ai.response.finish_reasons": ["tool-calls"],
        "gen_ai.response.id": "aitxt-1",
        "gen_ai.response.model": "gpt-5",
        "gen_ai.usage.input_tokens": 10,
        "gen_ai.usage.output_tokens": 20
      }
    },
    answers: {
      name: "ai.generateText.doGenerate",
      scope: "ai",
      attributes: {
        "operation.name": "ai.generateText.doGenerate support",
        "resource.name": "support",
        "ai.operationId": "ai.generateText.doGenerate",
        "ai.telemetry.functionId": "support",
        "ai.model.provider": "openai.responses",
        "ai.model.id": "gpt-5",
        "ai.settings.maxOutputTokens": 99,
        "ai.settings.temperature": 0.2,
        "ai.settings.maxRetries": 2,
        "ai.request.headers.user-agent": "ai/7.0.173",
        "ai.prompt.messages":
          '[{"role":"system","content":"be brief"},{"role":"user","content":[{"type":"text","text":"refund?"}]},{"role":"assistant","content":[{"type":"tool-call","toolCallId":"c1","toolName":"search","input":{"q":"refund"}}]},{"role":"tool","content":[{"type":"tool-result","toolCallId":"c1","toolName":"search","output":{"type":"json","value":{"hits":["refund"]}}}]}]',
        "ai.prompt.tools": [
          '{"type":"function","name":"search","inputSchema":{"type":"object","properties":{"q":{"type":"string"}},"required":["q"],"additionalProperties":false,"$schema":"http://json-schema.org/draft-07/schema#"},"description":"search"}'
        ],
        "ai.prompt.toolChoice": '{"type":"auto"}',
        "gen_ai.system": "openai.responses",
        "gen_ai.request.model": "gpt-5",
        "gen_ai.request.max_tokens": 99,
        "gen_ai.request.temperature": 0.2,
        "ai.response.finishReason": "stop",
        "ai.response.text": "See a.md",
        "ai.response.id": "aitxt-1",
        "ai.response.model": "gpt-5",
        "ai.response.timestamp": "2026-11-21T08:52:31.000Z",
        "ai.usage.inputTokens": 12,
        "ai.usage.outputTokens": 5,
        "ai.usage.totalTokens": 17,
        "ai.usage.reasoningTokens": 2,
        "ai.usage.cachedInputTokens": 4,
        "ai.usage.inputTokenDetails.noCacheTokens": 8,
        "ai.usage.inputTokenDetails.cacheReadTokens": 4,
        "ai.usage.inputTokenDetails.cacheWriteTokens": 0,
        "ai.usage.outputTokenDetails.textTokens": 3,
        "ai.usage.outputTokenDetails.reasoningTokens": 2,
        "gen_ai.response.finish_reasons": ["stop"],
        "gen_ai.response.id": "aitxt-1",
        "gen_ai.response.model": "gpt-5",
        "gen_ai.usage.input_tokens": 12,
        "gen_ai.usage.output_tokens": 5
      }
    },
    tool: {
      name: "ai.toolCall",
      scope: "ai",
      attributes: {
        "operation.name": "ai.toolCall support",
        "resource.name": "support",
        "ai.operationId": "ai.toolCall",
        "ai.telemetry.functionId": "support",
        "ai.toolCall.name": "search",
        "ai.toolCall.id": "c1",
        "ai.toolCall.args": '{"q":"refund"}',
        "ai.toolCall.result": '{"hits":["refund"]}'
      }
    },
    outer: {
      name: "ai.generateText",
      scope: "ai",
      attributes: {
        "operation.name": "ai.generateText support",
        "resource.name": "support",
        "ai.operationId": "ai.generateText",
        "ai.telemetry.functionId": "support",
        "ai.model.provider": "openai.responses",
        "ai.model.id": "gpt-5",
        "ai.settings.maxOutputTokens": 99,
        "ai.settings.temperature": 0.2,
        "ai.settings.maxRetries": 2,
        "ai.request.headers.user-agent": "ai/7.0.173",
        "ai.prompt": '{"system":"be brief","messages":[{"role":"user","content":"refund?"}]}',
        "ai.response.finishReason": "stop",
        "ai.response.text": "See a.md",
        "ai.response.toolCalls": '[{"toolCallId":"c1","toolName":"search","input":{"q":"refund"}}]',
        "ai.usage.inputTokens": 22,
        "ai.usage.outputTokens": 25,
        "ai.usage.totalTokens": 47,
        "ai.usage.reasoningTokens": 4,
        "ai.usage.cachedInputTokens": 8,
        "ai.usage.inputTokenDetails.noCacheTokens": 14,
        "ai.usage.inputTokenDetails.cacheReadTokens": 8,
        "ai.usage.inputTokenDetails.cacheWriteTokens": 0,
        "ai.usage.outputTokenDetails.textTokens": 21,
        "ai.usage.outputTokenDetails.reasoningTokens": 4
      }
    }
  },
  "5 (embed)": {
    embed: {
      name: "ai.embed.doEmbed",
      scope: "ai",
      attributes: {
        "operation.name": "ai.embed.doEmbed support",
        "resource.name": "support",
        "ai.operationId": "ai.embed.doEmbed",
        "ai.telemetry.functionId": "support",
        "ai.model.provider": "openai.embedding",
        "ai.model.id": "text-embedding-3-small",
        "ai.settings.maxRetries": 2,
        "ai.telemetry.metadata.sessionId": "s-1",
        "ai.telemetry.metadata.userId": "u1",
        "ai.telemetry.metadata.plan": "pro",
        "ai.request.headers.user-agent": "ai/5.0.277",
        "ai.values": ['"refund"'],
        "ai.embeddings": ["[0.1,0.2]"],
        "ai.usage.tokens": 7
      }
    }
  }
}
