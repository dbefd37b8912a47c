"""Where points come from: constructions of ours and of scikit-learn, and the user's own tables."""
