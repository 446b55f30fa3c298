import { z } from 'zod';

// Before any schema is made: it would try whether it may compile code. Our content security policy says no, and browsers say so as an
// error of the page.
z.config({ jitless: true });
