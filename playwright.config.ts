import { defineConfig } from '@playwright/test';
import { existsSync } from 'node:fs';

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const executablePath = CHROMIUM.find((file) => existsSync(file));

export default defineConfig({
	testDir: 'tests/e2e',
	globalSetup: './tests/fixtures/global-setup.ts',
	outputDir: 'test-results',
	workers: 1,
	retries: 0,
	forbidOnly: Boolean(process.env.CI),
	timeout: 60_000,
	expect: { timeout: 10_000 },
	reporter: process.env.PLAYWRIGHT_JSON_OUTPUT_FILE ? [['list'], ['json']] : [['list']],
	use: {
		browserName: 'chromium',
		// It costs a sixth of the time, also of what passes: `--trace retain-on-failure` where one is needed.
		trace: 'off',
		screenshot: 'only-on-failure',
		launchOptions: {
			...(executablePath ? { executablePath } : {}),
			chromiumSandbox: process.getuid?.() !== 0,
			args: [
				'--use-fake-device-for-media-stream=fps=10',
				'--use-fake-ui-for-media-stream',
				'--disable-background-networking',
				'--disable-component-update',
				'--disable-sync',
				'--disable-quic',
				...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])
			]
		}
	}
});
