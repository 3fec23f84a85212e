import { readFile } from 'node:fs/promises';
import type { Template, TemplateQuery } from '@sluice/client';
import { Option, type Command } from 'commander';
import { addExamples, addFormat, formatOf, gather, type CommandParts } from '../command-parts.ts';
import { usageError } from '../exit-codes.ts';
import { cleanText } from '../output/clean-text.ts';
import { renderTable } from '../output/render-table.ts';
import { writeObject, writeRows, type Row } from '../output/write-rows.ts';

export function addTemplates(program: Command, { terminal, client }: CommandParts): void {
  const templates = program.command('templates').description('prompts with a name and variables');
  addExamples(templates, 'sluice templates list --search summary', 'sluice templates show article-summary');

  const list = addFormat(templates.command('list').description('templates you may use'))
    .option('--search <words>', 'in names, descriptions and tags')
    .option('--category <name>', 'only of this category')
    .option('--tag <name>', 'only with this tag')
    .addOption(new Option('--language <language>', 'only written in this language').choices(['en', 'zh']));
  addExamples(list, 'sluice templates list', 'sluice templates list --category marketing -o csv');
  list.action(async ({ search, category, tag, language }: Pick<TemplateQuery, 'search' | 'category' | 'tag' | 'language'>) => {
    const found = client(list).templates.list({ limit: 100, search, category, tag, language });
    await writeRows(
      terminal,
      formatOf(list),
      ['slug', 'name', 'category', 'version', 'source'],
      found as AsyncIterable<object> as AsyncIterable<Row>,
    );
  });

  const show = addFormat(templates.command('show').description('a template and its variables')).argument('<template>', 'its id or slug');
  addExamples(show, 'sluice templates show article-summary', 'sluice templates show article-summary -o json');
  show.action(async (name: string) => {
    const template = await client(show).templates.get(name);
    if (formatOf(show) === 'table') terminal.stdout.write(renderTemplate(template));
    else await writeObject(terminal, formatOf(show), { ...template });
  });

  const render = addFormat(templates.command('render').description('what a job of a template would ask, and what it can cost'))
    .argument('<template>', 'its id or slug')
    .option('--var <name=value>', 'a variable; may be given more than once', gather, []);
  addExamples(
    render,
    'sluice templates render article-summary --var article="Rivers run to the sea."',
    'sluice templates render article-summary --var article=@article.txt -o json',
  );
  render.action(async (name: string, flags: { var: string[] }) => {
    const rendered = await client(render).templates.render(name, { variables: await readVariables(flags.var) });
    if (formatOf(render) !== 'table') return writeObject(terminal, formatOf(render), { ...rendered });
    for (const { role, content } of rendered.messages) terminal.stdout.write(`${role}:\n${cleanText(content)}\n\n`);
    terminal.say(
      `${rendered.input_tokens} tokens for ${rendered.model}${rendered.estimate ? `, at most ${rendered.estimate.max_cost} credits` : ''}.`,
    );
  });
}

/** For people: what it is for, what it takes, and what it says. */
function renderTemplate({ slug, version, name, description, category, tags, model, system, user, variables, ...rest }: Template): string {
  const columns = ['variable', 'type', 'required', 'default', 'about'];
  const rows = Object.entries(variables.properties).map(([variable, property]) => ({
    variable,
    type: 'enum' in property && property.enum ? property.enum.join(' | ') : property.type,
    required: variables.required.includes(variable) ? 'yes' : '',
    default: property.default,
    about: property.title ?? property.description,
  }));
  const about = `${slug}@${version}: ${name}. ${description}\n${category} (${tags.join(', ')}), for ${model}, answers in ${rest.output.kind}`;
  const parts = [cleanText(about), ...(rows.length > 0 ? [renderTable(columns, rows).trimEnd()] : [])];
  if (system !== '') parts.push(`system:\n${cleanText(system)}`);
  return `${[...parts, `user:\n${cleanText(user)}`].join('\n\n')}\n`;
}

/** `name=value`, or `name=@file` for what a file holds. */
async function readVariables(given: string[]): Promise<Record<string, unknown>> {
  const pairs = given.map(async (text) => {
    const at = text.indexOf('=');
    if (at < 1) throw usageError(`--var ${text}: must be name=value.`);
    const [name, value] = [text.slice(0, at), text.slice(at + 1)];
    if (!value.startsWith('@')) return [name, value] as const;
    const content = await readFile(value.slice(1), 'utf8').catch((error: Error) => {
      throw usageError(`--var ${name}: ${error.message}`);
    });
    return [name, content] as const;
  });
  return Object.fromEntries(await Promise.all(pairs));
}
