CREATE TABLE tickets (
  id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  title text NOT NULL,
  state text NOT NULL DEFAULT 'open',
  points numeric(5, 1),
  opened_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz
);

INSERT INTO tickets (title, points) VALUES ('The lamp blinks', 2), ('The door sticks', 0.5), ('Nobody answers', 8);

CREATE TABLE agent_status (
  agent_id text PRIMARY KEY,
  status text NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now()
);

INSERT INTO agent_status VALUES ('agent-7', 'active'), ('agent-8', 'inactive');
