import { expect, test } from 'vitest';
import { createLogger } from './log';

function logged(fields: object): string {
	let lines = '';
	createLogger('info', { write: (line) => (lines += line) }).info(fields, 'something');
	return lines;
}

test.each(['sdp', 'candidate', 'body', 'password', 'token', 'cookie', 'authorization'])(
	'%s is redacted, also when it lies deeper',
	(name) => {
		const lines = logged({ [name]: 'hush', a: { [name]: 'hush', b: { [name]: 'hush', kept: 'shown' } } });
		expect(lines).not.toContain('hush');
		expect(lines).toContain('shown');
	}
);

test('a failed query is told without its values', () => {
	const cause = Object.assign(new Error('duplicate key'), {
		code: '23505',
		detail: 'Key (body)=(hush) exists'
	});
	const error = Object.assign(new Error('Failed query: insert … params: hush', { cause }), {
		query: 'insert into x values ($1)',
		params: ['hush']
	});
	const lines = logged({ error });
	expect(lines).not.toContain('hush');
	expect(JSON.parse(lines)).toMatchObject({
		error: { message: 'Failed query: insert into x values ($1)', cause: { code: '23505' } }
	});
});
