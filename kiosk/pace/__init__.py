"""A machine made slower: process groups that are stopped and continued, and what that really comes to."""
