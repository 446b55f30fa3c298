/** Something about the database that the person who starts Parley can put right. The message says how. */
export class DatabaseError extends Error {
	override readonly name = 'DatabaseError';
}
