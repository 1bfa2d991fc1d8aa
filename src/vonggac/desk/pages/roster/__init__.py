"""Lịch trực: what is in force, drafts, people, posts, hand-overs, one module a part of the page."""
