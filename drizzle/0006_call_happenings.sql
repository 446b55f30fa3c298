CREATE TYPE "public"."happening_kind" AS ENUM('started', 'busy', 'declined', 'missed', 'cancelled', 'joined', 'moved', 'reconnecting', 'returned', 'left', 'removed', 'host', 'connected', 'ended');--> statement-breakpoint
CREATE TABLE "call_happenings" (
	"call_id" uuid NOT NULL,
	"version" integer NOT NULL,
	"place" integer NOT NULL,
	"kind" "happening_kind" NOT NULL,
	"user_id" uuid,
	"at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "call_happenings_call_id_version_place_pk" PRIMARY KEY("call_id","version","place")
);
--> statement-breakpoint
ALTER TABLE "call_participants" ADD COLUMN "hidden_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "call_happenings" ADD CONSTRAINT "call_happenings_call_id_calls_id_fk" FOREIGN KEY ("call_id") REFERENCES "public"."calls"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "call_happenings" ADD CONSTRAINT "call_happenings_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;