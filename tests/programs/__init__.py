"""The golden set: ordinary scientific functions, written without diffsrc in mind."""
