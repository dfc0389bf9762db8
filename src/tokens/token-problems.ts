export { TokenProblem } from '../http/token-problems.js';
