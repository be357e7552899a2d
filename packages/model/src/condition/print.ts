import type { Condition, Operand, Path, Scalar } from './condition.ts';

/** A condition as text. Parsed again it is the same condition. */
export function printCondition(condition: Condition): string {
  switch (condition.is) {
    case 'all':
      return condition.parts.map((part) => inParts(part, part.is === 'any' || part.is === 'all')).join(' && ');
    case 'any':
      return condition.parts.map((part) => inParts(part, part.is === 'any')).join(' || ');
    case 'not':
      return `!${inParts(condition.part, condition.part.is !== 'true' && condition.part.is !== 'not')}`;
    case 'true':
      return printPath(condition.path);
    case 'compare':
      return `${printOperand(condition.left)} ${condition.operator} ${printOperand(condition.right)}`;
    default:
      return condition satisfies never;
  }
}

/** A path as text: `json.data[0]["x-y"]`. */
export function printPath(path: Path): string {
  return path.steps.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`;
    return /^[A-Za-z_][A-Za-z0-9_]*$/.test(step) ? `${text}.${step}` : `${text}[${JSON.stringify(step)}]`;
  }, path.root);
}

function inParts(condition: Condition, isGrouped: boolean): string {
  return isGrouped ? `(${printCondition(condition)})` : printCondition(condition);
}

export function printOperand(operand: Operand): string {
  switch (operand.is) {
    case 'len':
      return `len(${printPath(operand.path)})`;
    case 'list':
      return `[${operand.items.map(printScalar).join(', ')}]`;
    case 'path':
      return printPath(operand.path);
    case 'regex':
      return `/${operand.source}/${operand.flags}`;
    case 'value':
      return operand.isTime ? `${printScalar(operand.value)}ms` : printScalar(operand.value);
    default:
      return operand satisfies never;
  }
}

function printScalar(value: Scalar): string {
  return JSON.stringify(value);
}
