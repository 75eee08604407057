"""Tests of diffsrc."""
