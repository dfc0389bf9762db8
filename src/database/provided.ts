/**
 * What must hold of another table in the moment a row is changed: a condition for the same statement, so that nothing
 * can come between. Its parameters share one namespace with the statement's, so name them after what they are.
 */
export interface Provided {
  readonly sql: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}
