import { Argument, type Command } from 'commander';
import { addExamples, type CommandParts } from '../command-parts.ts';

/** Prints a script that completes commands and options; it is made of the commands themselves. */
export function addCompletion(program: Command, { terminal }: CommandParts): void {
  const command = program
    .command('completion')
    .description('print a completion script')
    .addArgument(new Argument('<shell>').choices(['bash', 'zsh', 'fish']));
  addExamples(command, 'source <(sluice completion bash)', 'sluice completion fish > ~/.config/fish/completions/sluice.fish');
  command.action((shell: string) => {
    const words = wordsOf(program);
    terminal.stdout.write(shell === 'fish' ? renderFish(words) : renderBash(words, shell === 'zsh'));
  });
}

/** `batch run` -> what may stand behind it. */
type Words = Map<string, string[]>;

function wordsOf(command: Command, path: string[] = [], words: Words = new Map()): Words {
  const options = command.options.flatMap(({ long }) => (long ? [long] : []));
  words.set(path.join(' '), [...command.commands.map((child) => child.name()), ...options, '--help']);
  for (const child of command.commands) wordsOf(child, [...path, child.name()], words);
  return words;
}

function renderBash(words: Words, isZsh: boolean): string {
  const cases = [...words].map(([path, next]) => `    ${JSON.stringify(path)}) next=${JSON.stringify(next.join(' '))} ;;`);
  return `${isZsh ? 'autoload -U +X bashcompinit && bashcompinit\n' : ''}_sluice() {
  local path="" word next=""
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in -*) ;; *) [ -z "$path" ] && path="$word" || path="$path $word" ;; esac
  done
  case "$path" in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$next" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _sluice sluice
`;
}

function renderFish(words: Words): string {
  return [...words]
    .flatMap(([path, next]) => next.map((word) => renderFishWord(path.split(' ').filter(Boolean), word)))
    .map((line) => `${line}\n`)
    .join('');
}

function renderFishWord(path: string[], word: string): string {
  const when = path.length === 0 ? '__fish_use_subcommand' : path.map((name) => `__fish_seen_subcommand_from ${name}`).join('; and ');
  return `complete -c sluice -n '${when}' ${word.startsWith('--') ? `-l ${word.slice(2)}` : `-f -a ${word}`}`;
}
