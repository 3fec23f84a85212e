/**
 * The environment variable that holds a vendor's key: the name the vendor's own documentation or SDK uses, where it has one.
 * A region with keys of its own has a variable of its own. Not here, because a key alone does not set them up: azure-openai
 * (needs the resource's name) and the local servers (need an address).
 */
export const vendorEnvironment: { vendor: string; env: string }[] = [
  { vendor: 'anthropic', env: 'ANTHROPIC_API_KEY' },
  { vendor: 'baichuan', env: 'BAICHUAN_API_KEY' },
  { vendor: 'byteplus', env: 'BYTEPLUS_API_KEY' },
  { vendor: 'cohere', env: 'COHERE_API_KEY' },
  { vendor: 'dashscope', env: 'DASHSCOPE_API_KEY' },
  { vendor: 'dashscope-intl', env: 'DASHSCOPE_INTL_API_KEY' },
  { vendor: 'deepseek', env: 'DEEPSEEK_API_KEY' },
  { vendor: 'fireworks', env: 'FIREWORKS_API_KEY' },
  { vendor: 'google-gemini', env: 'GEMINI_API_KEY' },
  { vendor: 'groq', env: 'GROQ_API_KEY' },
  { vendor: 'hunyuan', env: 'HUNYUAN_API_KEY' },
  { vendor: 'lingyiwanwu', env: 'LINGYIWANWU_API_KEY' },
  { vendor: 'minimax', env: 'MINIMAX_API_KEY' },
  { vendor: 'minimax-intl', env: 'MINIMAX_INTL_API_KEY' },
  { vendor: 'mistral', env: 'MISTRAL_API_KEY' },
  { vendor: 'moonshot', env: 'MOONSHOT_API_KEY' },
  { vendor: 'moonshot-intl', env: 'MOONSHOT_INTL_API_KEY' },
  { vendor: 'openai', env: 'OPENAI_API_KEY' },
  { vendor: 'openrouter', env: 'OPENROUTER_API_KEY' },
  { vendor: 'qianfan', env: 'QIANFAN_API_KEY' },
  { vendor: 'siliconflow', env: 'SILICONFLOW_API_KEY' },
  { vendor: 'siliconflow-intl', env: 'SILICONFLOW_INTL_API_KEY' },
  { vendor: 'spark', env: 'SPARK_API_KEY' },
  { vendor: 'stepfun', env: 'STEPFUN_API_KEY' },
  { vendor: 'stepfun-intl', env: 'STEPFUN_INTL_API_KEY' },
  { vendor: 'tencent-tokenhub', env: 'TENCENT_TOKENHUB_API_KEY' },
  { vendor: 'together', env: 'TOGETHER_API_KEY' },
  { vendor: 'volcengine', env: 'ARK_API_KEY' },
  { vendor: 'xai', env: 'XAI_API_KEY' },
  { vendor: 'zai', env: 'ZAI_API_KEY' },
  { vendor: 'zhipu', env: 'ZHIPU_API_KEY' },
];

/** The names to read from the environment. */
export const vendorKeyNames: string[] = vendorEnvironment.map(({ env }) => env);
