"""What standards say of enterprises, without any database: credit codes, industries, sizes."""
