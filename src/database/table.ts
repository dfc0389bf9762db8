import {
  type Driver,
  type EntityMetadata,
  FindOperator,
  type ObjectLiteral,
  type QueryResult,
  type Repository,
} from 'typeorm';
import type { Provided } from './provided.js';

/** What columns must be: a value, or one of TypeORM's operators. */
export type Which<Row> = { readonly [Name in keyof Row]?: Row[Name] | FindOperator<NonNullable<Row[Name]>> };

/** What columns become: a value, or an expression in SQL. */
export type Changes<Row> = { readonly [Name in keyof Row]?: Row[Name] | (() => string) };

/** A row, and what must hold in the moment it is inserted. */
export interface Provisional<Row> {
  readonly row: Row;
  readonly provided: Provided | null;
}

interface Column {
  readonly metadata: EntityMetadata['columns'][number];
  /** As SQL has it. */
  readonly name: string;
}

const COMPARISONS: Readonly<Record<string, string>> = {
  lessThan: '<',
  lessThanOrEqual: '<=',
  moreThan: '>',
  moreThanOrEqual: '>=',
  not: '<>',
};

interface Selection {
  readonly columns: readonly Column[];
  /** As SQL has them. */
  readonly list: string;
}

/**
 * The plain statements of one table, for what every sign-in waits for: TypeORM's query builder takes five times as long
 * to put one together as SQLite to run it. All the rest is TypeORM's: entities, the types of columns, connections,
 * errors. What its builder would do besides (relations, subscribers, generated columns) our tables do not have.
 * @throws QueryFailedError as TypeORM does, and Error for a statement that would not say what was meant
 */
export class Table<Row extends ObjectLiteral> {
  private readonly name: string;
  private readonly columns: ReadonlyMap<string, Column>;
  private readonly all: Selection;
  private readonly picked = new WeakMap<readonly string[], Selection>();
  private readonly driver: Driver;

  constructor(private readonly rows: Repository<Row>) {
    const { columns, tablePath } = rows.metadata;
    this.driver = rows.manager.dataSource.driver;
    const escape = (name: string) => this.driver.escape(name);
    this.name = tablePath.split('.').map(escape).join('.');
    this.columns = new Map(
      columns.map((metadata) => [metadata.propertyName, { metadata, name: escape(metadata.databaseName) }]),
    );
    this.all = selectionOf([...this.columns.values()]);
  }

  /** @param order columns to sort by, ascending */
  async find(which: Which<Row>, order: readonly (keyof Row & string)[] = []): Promise<Row[]> {
    const sorted = order.length > 0 ? ` ORDER BY ${order.map((name) => this.column(name).name).join(', ')}` : '';
    return this.select(this.all, which, sorted);
  }

  /**
   * Reads these columns alone.
   * @param names best a constant: what they come to is put together once for each array
   */
  async pick<Name extends keyof Row & string>(names: readonly Name[], which: Which<Row>): Promise<Pick<Row, Name>[]> {
    let selection = this.picked.get(names);
    if (!selection) {
      selection = selectionOf(names.map((name) => this.column(name)));
      this.picked.set(names, selection);
    }
    return this.select(selection, which);
  }

  async findOne(which: Which<Row>): Promise<Row | null> {
    const [row] = await this.find(which);
    return row ?? null;
  }

  /** Inserts one row, or several in one statement. */
  async insert(...rows: readonly [Row, ...Row[]]): Promise<void> {
    const parameters: unknown[] = [];
    const tuples = rows.map((row) => `(${this.values(row, parameters)})`);
    await this.run(`INSERT INTO ${this.name} (${this.all.list}) VALUES ${tuples.join(', ')}`, parameters);
  }

  /**
   * Inserts, in one statement, each row whose condition holds; null is none.
   * @returns how many were inserted
   */
  async insertProvided(...rows: readonly [Provisional<Row>, ...Provisional<Row>[]]): Promise<number> {
    const parameters: unknown[] = [];
    const selections = rows.map(({ row, provided }) => {
      const values = this.values(row, parameters);
      // MariaDB takes no condition without a table.
      return provided
        ? `SELECT ${values} FROM (SELECT 1) one WHERE ${this.spell(provided, parameters)}`
        : `SELECT ${values}`;
    });
    const sql = `INSERT INTO ${this.name} (${this.all.list}) ${selections.join(' UNION ALL ')}`;
    return (await this.run(sql, parameters)).affected ?? 0;
  }

  /** @returns how many rows were changed */
  async update(which: Which<Row>, to: Changes<Row>, provided: Provided | null = null): Promise<number> {
    const parameters: unknown[] = [];
    let changes = '';
    for (const name in to) changes += (changes ? ', ' : '') + this.change(this.column(name), to[name], parameters);
    const conditions = this.conditions(which, parameters);
    const also = provided ? ` AND ${this.spell(provided, parameters)}` : '';
    const sql = `UPDATE ${this.name} SET ${changes} WHERE ${conditions}${also}`;
    return (await this.run(sql, parameters)).affected ?? 0;
  }

  private values(row: Row, parameters: unknown[]): string {
    return [...this.columns].map(([name, column]) => this.bind(column, row[name], parameters)).join(', ');
  }

  private async select({ columns, list }: Selection, which: Which<Row>, sorted = ''): Promise<Row[]> {
    const parameters: unknown[] = [];
    const sql = `SELECT ${list} FROM ${this.name} WHERE ${this.conditions(which, parameters)}${sorted}`;
    const { records } = await this.run(sql, parameters);
    return records.map((record) => this.hydrate(record as ObjectLiteral, columns));
  }

  private change(column: Column, value: unknown, parameters: unknown[]): string {
    const expression = typeof value === 'function' ? (value as () => string)() : this.bind(column, value, parameters);
    return `${column.name} = ${expression}`;
  }

  private conditions(which: Which<Row>, parameters: unknown[]): string {
    let conditions = '';
    for (const name in which)
      conditions += (conditions ? ' AND ' : '') + this.condition(this.column(name), which[name], parameters);
    return conditions;
  }

  private condition(column: Column, value: unknown, parameters: unknown[]): string {
    if (value === null) return `${column.name} IS NULL`;
    if (!(value instanceof FindOperator)) return `${column.name} = ${this.bind(column, value, parameters)}`;
    const { type, value: operand, child } = value as FindOperator<unknown>;
    // TypeORM unwraps it: Not(LessThan(1)) would pass for Not(1).
    if (child) throw new Error(`Table does not know the operator ${type} around another.`);
    switch (type) {
      case 'isNull':
        return `${column.name} IS NULL`;
      case 'in': {
        const values = (operand as unknown[]).map((each) => this.bind(column, each, parameters));
        return `${column.name} IN (${values.join(', ')})`;
      }
      case 'or': {
        const either = (operand as unknown[]).map((each) => this.condition(column, each, parameters));
        return `(${either.join(' OR ')})`;
      }
      default:
        if (!(type in COMPARISONS)) throw new Error(`Table does not know the operator ${type}.`);
        return `${column.name} ${COMPARISONS[type]} ${this.bind(column, operand, parameters)}`;
    }
  }

  /** Both of our databases write a parameter so. */
  private bind({ metadata }: Column, value: unknown, parameters: unknown[]): string {
    // A condition that was left out by mistake would match every row.
    if (value === undefined) throw new Error(`${this.name}: no value for ${metadata.propertyName}.`);
    parameters.push(this.driver.preparePersistentValue(value, metadata));
    return '?';
  }

  private spell(provided: Provided, parameters: unknown[]): string {
    const [sql, values] = this.driver.escapeQueryWithParameters(provided.sql, provided.parameters);
    parameters.push(...(values as unknown[]));
    return sql;
  }

  private column(name: string): Column {
    const column = this.columns.get(name);
    if (!column) throw new Error(`${this.name} has no ${name}.`);
    return column;
  }

  private hydrate(record: ObjectLiteral, columns: readonly Column[]): Row {
    const row = this.rows.metadata.create() as ObjectLiteral;
    for (const { metadata } of columns) {
      const value: unknown = this.driver.prepareHydratedValue(record[metadata.databaseName], metadata);
      row[metadata.propertyName] = value;
    }
    return row as Row;
  }

  private async run(sql: string, parameters: unknown[]): Promise<QueryResult> {
    const runner = this.rows.manager.dataSource.createQueryRunner();
    try {
      return await runner.query(sql, parameters, true);
    } finally {
      await runner.release();
    }
  }
}

function selectionOf(columns: readonly Column[]): Selection {
  return { columns, list: columns.map(({ name }) => name).join(', ') };
}
