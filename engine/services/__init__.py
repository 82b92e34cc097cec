"""Verbs: each public function is one transaction and one history entry."""
