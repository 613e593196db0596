"""Recurrent networks that classify, forecast and write sequences."""
