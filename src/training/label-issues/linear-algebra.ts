/**
 * Inverts the lower triangular Cholesky factor of a symmetric positive definite matrix, row by row.
 *
 * @param matrix `[size, size]`, row-major; overwritten
 * @returns `[size, size]`, zero above the diagonal
 * @throws RangeError if the matrix is not positive definite
 */
export function invertCholeskyFactor(matrix: Float64Array, size: number): Float64Array {
  factorizeCholesky(matrix, size);
  const inverse = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    const row = i * size;
    const diagonal = 1 / matrix[row + i]!;
    // Row i of the inverse is a combination of the previous rows.
    for (let k = 0; k < i; k++) {
      const coefficient = matrix[row + k]!;
      const other = k * size;
      for (let j = 0; j <= k; j++) inverse[row + j]! -= coefficient * inverse[other + j]!;
    }
    for (let j = 0; j < i; j++) inverse[row + j]! *= diagonal;
    inverse[row + i] = diagonal;
  }
  return inverse;
}

/** Computes the lower triangular factor in place. Values above the diagonal are unchanged. */
function factorizeCholesky(matrix: Float64Array, size: number): void {
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i * size + j]!;
      for (let k = 0; k < j; k++) sum -= matrix[i * size + k]! * matrix[j * size + k]!;
      if (i > j) matrix[i * size + j] = sum / matrix[j * size + j]!;
      else if (sum > 0) matrix[i * size + i] = Math.sqrt(sum);
      else
        throw new RangeError(
          `The matrix is not positive definite: the pivot of row ${i} is ${sum}.`,
        );
    }
  }
}
