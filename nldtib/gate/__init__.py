"""The gate: decides which cells may cross the wall, and audits that decision independently."""
