"""Chỉ đạo: upload and confirm, the register, the directive as its own dashboard, the matrix, the acts."""
