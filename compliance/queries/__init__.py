"""What is read for people and CI: questions that join several tables. They change nothing."""
