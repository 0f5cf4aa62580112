class UploadError(ValueError):
    """The file isn't taken. Its text is a Chinese sentence, without the file's name, that says what to do."""
