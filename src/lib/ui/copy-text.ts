/** Puts a text on the clipboard. @returns false when the browser will not: show it in a field instead */
export async function copyText(text: string): Promise<boolean> {
	try {
		await navigator.clipboard.writeText(text);
		return true;
	} catch {
		return false; // denied, or a page on plain http, which has no clipboard at all
	}
}
